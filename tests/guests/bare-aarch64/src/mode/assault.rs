// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest that turns its debug registers against whoever runs at EL0 after it: its VMM, first of all.

use crate::pattern::Kind;
use crate::runtime::report::check;
use crate::runtime::{console::println, debug, psci};

/// DBGWCR: E, PAC = EL0, loads and stores, all bytes, MASK = 2 GiB.
const ANY_ACCESS_AT_EL0: u64 = 1 | 0b10 << 1 | 0b11 << 3 | 0xff << 5 | 31 << 24;
const CALLS: u64 = 1000;

/// Each attack ends with exits; a VMM that it stopped never answers.
pub fn run() -> &'static str {
    let version = psci::version();
    let answered = || (0..CALLS).filter(|_| psci::version() == version).count() as u64;
    println!("guest: a watchpoint on everything that EL0 touches");
    debug::write(Kind::Wvr, 0, 0);
    debug::write(Kind::Wcr, 0, ANY_ACCESS_AT_EL0);
    debug::set_mdscr(debug::MDE);
    check("attack.watchpoint", CALLS, answered());
    debug::set_mdscr(0);
    println!("guest: software step, for whoever comes next");
    debug::set_mdscr(debug::SS);
    check("attack.step", CALLS, answered());
    debug::set_mdscr(0);
    "attack"
}
