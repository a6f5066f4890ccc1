// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many cheap exits, for the cost of a guest that does not debug and of one that does.

use arm_syndrome::Class;

use crate::pattern::Kind;
use crate::runtime::exception::{count, forget, total};
use crate::runtime::{console::println, debug, probe, psci, report::check};

/// Without a debug register touched, not even at the start.
pub fn idle(exits: u64) -> &'static str {
    run(exits);
    "idle"
}

/// With a breakpoint that fires at the end and not before.
pub fn armed(exits: u64) -> &'static str {
    debug::write(Kind::Bvr, 0, probe::nop_address());
    debug::write(Kind::Bcr, 0, super::breakpoint::EL1);
    debug::set_mdscr(debug::MDE | debug::KDE);
    forget();
    run(exits);
    check("armed.quiet", 0, total());
    debug::with_debug_exceptions(probe::nop);
    check("armed.fires", 1, count(Class::BREAKPOINT_SAME));
    "armed"
}

fn run(exits: u64) {
    let version = psci::version();
    let failures = (0..exits).filter(|_| psci::version() != version).count();
    check("exits.answered", 0, failures as u64);
    println!("guest: {exits} exits");
}
