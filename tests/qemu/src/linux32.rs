// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's 32-bit Linux.

use lazaret_cli::runner::Script;

use crate::{Scenario, machine};

pub const SCENARIOS: &[Scenario] = &[("linux32-boot", boot)];

/// To the shell; a program that debugs another with a hardware watchpoint and a hardware breakpoint; power off.
fn boot() -> anyhow::Result<()> {
    let script = Script::new()
        .expect(r"hw-breakpoint: found 5 \(\+1 reserved\) breakpoint and 4 watchpoint registers")
        .step("Please press Enter", "\r")
        .step("/ # ?$", "uname -srm\r")
        .expect("Linux .* armv7l|Linux .* armv8l")
        .step("/ # ?$", "watcher\r")
        .expect("watcher: breakpoints: 5")
        .expect("watcher: watchpoints: 4")
        .expect("watcher: watchpoint hit 3")
        .expect("watcher: breakpoint hit 3")
        .expect("watcher: done")
        .step("/ # ?$", "poweroff\r")
        .expect("reboot: Power down")
        .expect(r"linux32: \d+ exits, \d+ debug-register traps");
    machine::run("linux32", script, 240).map(|_| ())
}
