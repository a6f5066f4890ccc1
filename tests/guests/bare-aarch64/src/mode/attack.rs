// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debug exceptions for everything that runs at EL0 in the low 2 GiB, which this guest has nothing of: native programs
//! would feel them, if they got through.

use crate::pattern::Kind;
use crate::runtime::debug::{self, MDE};
use crate::runtime::report::check_quietly;

/// Registers that the sweep leaves alone.
const N: u8 = 2;
/// E, EL0, loads and stores, all bytes, 31 address bits masked.
const WATCH_ALL: u64 = 1 | 0b10 << 1 | 0b11 << 3 | 0xff << 5 | 31 << 24;
/// E, EL0, all bytes.
const BREAK: u64 = 1 | 0b10 << 1 | 0xf << 5;
/// Where every native program begins.
const ENTRY: u64 = 0x20_0000;

pub fn arm() {
    debug::write(Kind::Wvr, N, 0);
    debug::write(Kind::Wcr, N, WATCH_ALL);
    debug::write(Kind::Bvr, N, ENTRY);
    debug::write(Kind::Bcr, N, BREAK);
    debug::set_mdscr(debug::mdscr() | MDE);
}

pub fn disarm(round: u64) {
    check_quietly(format_args!("sweep.round{round}.armed"), MDE, debug::mdscr() & MDE);
    check_quietly(format_args!("sweep.round{round}.watch"), WATCH_ALL, debug::read(Kind::Wcr, N));
    debug::set_mdscr(debug::mdscr() & !MDE);
}
