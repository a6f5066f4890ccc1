// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each breakpoint fires, once, where it was put, at EL1 and at EL0.

use arm_syndrome::Class;

use super::WATCHED;
use crate::pattern::Kind;
use crate::runtime::exception::{count, forget, last_elr, total};
use crate::runtime::probe::{self, El0};
use crate::runtime::{debug, psci, report::check};

pub use crate::runtime::debug::AT_EL1 as EL1;

const EL0: u64 = 1 | 0b10 << 1 | 0xf << 5;

pub fn run() {
    debug::reset();
    for n in 0..debug::count(Kind::Bvr) {
        at_el1(n);
        at_el0(n);
    }
    after_exit();
    debug::reset();
}

fn arm(n: u8, address: u64, control: u64, mdscr: u64) {
    debug::write(Kind::Bvr, n, address);
    debug::write(Kind::Bcr, n, control);
    debug::set_mdscr(mdscr);
    forget();
}

fn at_el1(n: u8) {
    arm(n, probe::nop_address(), EL1, debug::MDE | debug::KDE);
    debug::with_debug_exceptions(probe::nop);
    debug::write(Kind::Bcr, n, 0);
    check(format_args!("breakpoint{n}.el1"), 1, count(Class::BREAKPOINT_SAME));
    check(format_args!("breakpoint{n}.el1.address"), probe::nop_address(), last_elr());
}

fn at_el0(n: u8) {
    arm(n, El0::Nop.address(), EL0, debug::MDE);
    El0::Nop.run(&WATCHED, 0);
    debug::write(Kind::Bcr, n, 0);
    check(format_args!("breakpoint{n}.el0"), 1, count(Class::BREAKPOINT_LOWER));
    check(format_args!("breakpoint{n}.el0.address"), El0::Nop.address(), last_elr());
}

/// Still armed after the hypervisor has had the core, and quiet where it should be.
fn after_exit() {
    arm(0, probe::nop_address(), EL1, debug::MDE | debug::KDE);
    psci::version();
    debug::with_debug_exceptions(probe::nop);
    check("breakpoint.after_exit", 1, count(Class::BREAKPOINT_SAME));
    arm(0, probe::nop_address(), EL1, debug::MDE);
    debug::with_debug_exceptions(probe::nop);
    check("breakpoint.without_kde", 0, total());
    arm(0, probe::nop_address(), EL1, debug::MDE | debug::KDE);
    probe::nop();
    check("breakpoint.masked", 0, total());
    arm(0, probe::nop_address(), EL1 & !1, debug::MDE | debug::KDE);
    debug::with_debug_exceptions(probe::nop);
    check("breakpoint.disabled", 0, total());
}
