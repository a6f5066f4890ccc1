// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each watchpoint sees loads and stores, at EL1 and at EL0, and only those that it is for.

use arm_syndrome::Class;

use super::WATCHED;
use crate::pattern::Kind;
use crate::runtime::exception::{count, forget, last_far, total};
use crate::runtime::probe::{self, El0};
use crate::runtime::{debug, report::check};

/// E, PAC = EL1, all eight bytes.
pub const EL1: u64 = 1 | 0b01 << 1 | 0xff << 5;
const EL0: u64 = 1 | 0b10 << 1 | 0xff << 5;
/// LSC: loads.
pub const LOAD: u64 = 0b01 << 3;
const STORE: u64 = 0b10 << 3;

pub fn run() {
    debug::reset();
    for n in 0..debug::count(Kind::Wvr) {
        at_el1(n);
        at_el0(n);
    }
    debug::reset();
}

fn address() -> u64 {
    WATCHED.as_ptr() as u64
}

fn arm(n: u8, control: u64, mdscr: u64) {
    debug::write(Kind::Wvr, n, address());
    debug::write(Kind::Wcr, n, control);
    debug::set_mdscr(mdscr);
    forget();
}

fn at_el1(n: u8) {
    let kernel = debug::MDE | debug::KDE;
    arm(n, EL1 | LOAD, kernel);
    debug::with_debug_exceptions(|| _ = probe::load(&WATCHED));
    check(format_args!("watchpoint{n}.el1.load"), 1, count(Class::WATCHPOINT_SAME));
    check(format_args!("watchpoint{n}.el1.address"), address(), last_far());
    arm(n, EL1 | LOAD, kernel);
    debug::with_debug_exceptions(|| probe::store(&WATCHED));
    check(format_args!("watchpoint{n}.el1.load_only"), 0, total());
    arm(n, EL1 | STORE, kernel);
    debug::with_debug_exceptions(|| probe::store(&WATCHED));
    check(format_args!("watchpoint{n}.el1.store"), 1, count(Class::WATCHPOINT_SAME));
    debug::write(Kind::Wcr, n, 0);
}

fn at_el0(n: u8) {
    for (name, piece, control) in [("load", El0::Load, LOAD), ("store", El0::Store, STORE)] {
        arm(n, EL0 | control, debug::MDE);
        piece.run(&WATCHED, 0);
        check(format_args!("watchpoint{n}.el0.{name}"), 1, count(Class::WATCHPOINT_LOWER));
        check(format_args!("watchpoint{n}.el0.{name}.address"), address(), last_far());
    }
    debug::write(Kind::Wcr, n, 0);
}
