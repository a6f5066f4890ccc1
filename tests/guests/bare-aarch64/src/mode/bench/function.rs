// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether what was timed does anything: a hypervisor that ignores debug registers is cheap.

use crate::mode::{breakpoint, lock, readback, step, watchpoint};
use crate::runtime::{console::println, report};

const PATTERN: u16 = 0x1111;

/// A line for each part.
pub fn run() {
    part("read_back", || readback::registers(PATTERN));
    part("claim_tags", readback::claim);
    part("breakpoint", breakpoint::run);
    part("watchpoint", watchpoint::run);
    part("single_step", step::run);
    part("os_lock", lock::run);
}

fn part(name: &str, run: impl FnOnce()) {
    let (passed, failed) = (report::passed(), report::failed());
    run();
    println!("FUNCTION name={name} passed={} failed={}", report::passed() - passed, report::failed() - failed);
}
