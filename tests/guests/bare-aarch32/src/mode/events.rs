// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each breakpoint and watchpoint, at PL1 and at PL0, and BKPT: as prefetch and data aborts with their method of entry.

use bare_aarch64::pattern::Kind;

use super::WATCHED;
use crate::runtime::exception::{Event, address, count, forget, total};
use crate::runtime::probe::{self, El0};
use crate::runtime::{debug, report::check};

/// E, PMC or PAC = PL1; PL0; all bytes of an instruction, or of a doubleword.
const PL1: u32 = 1 | 0b01 << 1;
const PL0: u32 = 1 | 0b10 << 1;
const INSTRUCTION: u32 = 0xf << 5;
const DOUBLEWORD: u32 = 0xff << 5;
const LOAD: u32 = 0b01 << 3;
const STORE: u32 = 0b10 << 3;

pub fn run() {
    debug::reset();
    (0..debug::count(Kind::Bvr)).for_each(breakpoint);
    (0..debug::count(Kind::Wvr)).for_each(watchpoint);
    forget();
    probe::bkpt();
    check("bkpt", 0x101, count(Event::Bkpt) << 8 | total());
    debug::reset();
}

fn arm(value: Kind, control: Kind, n: u8, at: u32, bits: u32) {
    debug::write(value, n, at);
    debug::write(control, n, bits);
    forget();
    debug::set_status(debug::MDBGEN);
}

fn breakpoint(n: u8) {
    arm(Kind::Bvr, Kind::Bcr, n, probe::nop_address(), PL1 | INSTRUCTION);
    probe::nop();
    check(format_args!("breakpoint{n}.pl1"), 0x101, count(Event::Breakpoint) << 8 | total());
    check(format_args!("breakpoint{n}.pl1.address"), probe::nop_address(), address());
    arm(Kind::Bvr, Kind::Bcr, n, El0::nop_address(), PL0 | INSTRUCTION);
    El0::Nop.run(0);
    check(format_args!("breakpoint{n}.pl0"), 0x101, count(Event::Breakpoint) << 8 | total());
    check(format_args!("breakpoint{n}.pl0.address"), El0::nop_address(), address());
    debug::write(Kind::Bcr, n, 0);
}

fn watchpoint(n: u8) {
    let at = WATCHED.as_ptr() as u32;
    // A doubleword's address; the watched word is in one of its halves.
    let watch = |bits: u32| arm(Kind::Wvr, Kind::Wcr, n, at & !7, bits | DOUBLEWORD);
    watch(PL1 | LOAD);
    probe::load(&WATCHED);
    check(format_args!("watchpoint{n}.pl1.load"), 0x101, count(Event::Watchpoint) << 8 | total());
    check(format_args!("watchpoint{n}.pl1.address"), at, address());
    watch(PL1 | LOAD);
    probe::store(&WATCHED);
    check(format_args!("watchpoint{n}.pl1.load_only"), 0, total());
    watch(PL1 | STORE);
    probe::store(&WATCHED);
    check(format_args!("watchpoint{n}.pl1.store"), 0x101, count(Event::Watchpoint) << 8 | total());
    for (name, program, bits) in [("load", El0::Load, LOAD), ("store", El0::Store, STORE)] {
        watch(PL0 | bits);
        program.run(at);
        check(format_args!("watchpoint{n}.pl0.{name}"), 0x101, count(Event::Watchpoint) << 8 | total());
    }
    debug::write(Kind::Wcr, n, 0);
}
