// SPDX-License-Identifier: MIT OR Apache-2.0
//! Single steps: one exception for each instruction, over a trapped one too.

use arm_syndrome::{Class, Spsr};

use super::WATCHED;
use crate::runtime::exception::{count, forget, step_elr};
use crate::runtime::probe::{self, El0};
use crate::runtime::{debug, report::check};

pub fn run() {
    debug::reset();
    at_el1();
    at_el0();
    debug::reset();
}

/// A NOP, a read that the hypervisor carries out, a NOP: then BRK, which is not stepped.
fn at_el1() {
    forget();
    probe::steps();
    check("step.el1", 3, count(Class::STEP_SAME));
    for n in 0..3 {
        check(format_args!("step.el1.{n}"), probe::steps_address() + 4 * (n as u64 + 1), step_elr(n));
    }
}

fn at_el0() {
    debug::set_mdscr(debug::SS);
    forget();
    El0::Steps.run(&WATCHED, Spsr::SS);
    debug::set_mdscr(0);
    check("step.el0", 3, count(Class::STEP_LOWER));
    for n in 0..3 {
        check(format_args!("step.el0.{n}"), El0::Steps.address() + 4 * (n as u64 + 1), step_elr(n));
    }
}
