// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's 32-bit Linux, alone and beside guests of all kinds.

use std::path::PathBuf;

use lazaret_cli::runner::Script;
use lazaret_cli::system::Request;

use crate::{Scenario, machine};

pub const SCENARIOS: &[Scenario] = &[("linux32-boot", boot), ("linux32-four-guests", four)];

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

/// All four debug themselves all the while: each has done so, and has found nothing wrong, when the others have.
fn four() -> anyhow::Result<()> {
    let description = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("four-guests.system");
    let script = Script::new()
        .expect(r"guest bare32: round \d+, 0 failed")
        .expect(r"guest linux armv7l: round 1, 0 failed")
        .expect(r"guest bare: round \d+, 0 failed")
        .expect(r"guest linux aarch64: round 1, 0 failed")
        .expect(r"guest linux armv7l: round \d+, 0 failed")
        .expect(r"guest linux aarch64: round 2, 0 failed");
    let run = machine::run_built(&machine::build(&Request::new(description))?, script, 400)?;
    match run
        .output
        .lines()
        .find(|line| line.contains("FAIL ") || (line.contains(" failed") && !line.contains(" 0 failed")))
    {
        None => Ok(()),
        Some(line) => anyhow::bail!("{line}"),
    }
}
