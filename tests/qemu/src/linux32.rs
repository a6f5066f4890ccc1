// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian's 32-bit Linux.

use lazaret_build::Request;
use lazaret_machine::Script;

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("linux32-boot", boot), ("four-guests", four_guests)];

/// To the shell; a program that debugs another with a hardware watchpoint and a hardware breakpoint; one that tries the
/// debug registers; power off.
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
        .step("/ # ?$", "accesses\r")
        .expect("accesses: DBGDIDR ok")
        .expect("accesses: DBGBVR0 undefined")
        .expect("accesses: done, undefined: 21")
        .step("/ # ?$", "poweroff\r")
        .expect("reboot: Power down")
        .expect(r"linux32: \d+ exits, \d+ debug-register traps");
    machine::run("linux32", script, 240).map(|_| ())
}

/// Two Linuxes and two bare guests, a 64-bit and a 32-bit one of each: all debug themselves, and nobody's registers fail.
fn four_guests() -> anyhow::Result<()> {
    let system = machine::description("four-guests");
    let guests = ["linux aarch64", "linux armv7l", "bare", "bare32"];
    let script = guests
        .iter()
        .fold(Script::new(), |script, guest| script.expect(&format!("guest {guest}: round \\d+, 0 failed")));
    let run = machine::run_built(&machine::build(&Request::new(system))?, script, 300)?;
    let failed = run
        .output
        .lines()
        .find(|line| line.contains("guest ") && !line.contains(", 0 failed") && line.contains(" failed"));
    anyhow::ensure!(failed.is_none(), "{failed:?}");
    Ok(())
}
