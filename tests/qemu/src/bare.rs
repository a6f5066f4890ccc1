// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bare-metal guests that use the debug registers.

use lazaret_machine::{Run, Script};

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[
    ("bare-workout", workout),
    ("bare32-workout", workout32),
    ("bare32-workout-cortex-a53", workout32_a53),
    ("bare-workout-cortex-a53", workout_a53),
    ("bare-workout-cortex-a72", workout_a72),
    ("bare-workout-64-bit-only", workout_without_aarch32),
    ("bare32-refused-64-bit-only", refused_without_aarch32),
    ("bare-devices", devices),
    ("bare32-devices", devices32),
    ("bare-attack", attack),
    ("bare-controller", controller),
    ("bare-calls", calls),
    ("bare-two-vms", two),
    ("bare-sweep", sweep),
    ("bare-beside-shifted-time", shifted_time),
    ("bare-sweep-32-bit", sweep32),
    ("bare-idle-costs-nothing", idle),
    ("bare-armed-loads-once", armed),
];

/// No guest reported a failed check.
fn expect_no_failure(run: &Run) -> anyhow::Result<()> {
    match run.output.lines().find(|line| line.contains("FAIL ") || is_failed_count(line)) {
        None => Ok(()),
        Some(line) => anyhow::bail!("{line}"),
    }
}

fn is_failed_count(line: &str) -> bool {
    line.contains(" failed") && !line.contains(" 0 failed")
}

fn workout() -> anyhow::Result<()> {
    workout_on("cortex-a57")
}

fn workout_a53() -> anyhow::Result<()> {
    workout_on("cortex-a53")
}

fn workout_a72() -> anyhow::Result<()> {
    workout_on("cortex-a72")
}

fn workout_on(cpu: &str) -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST workout: \d+ passed, \d+ failed");
    expect_no_failure(&machine::run_on(cpu, "one_bare", script, 120)?)
}

/// A32 and T32.
fn workout32() -> anyhow::Result<()> {
    workout32_on("cortex-a57")
}

fn workout32_a53() -> anyhow::Result<()> {
    workout32_on("cortex-a53")
}

/// Nothing that a 64-bit guest does needs AArch32.
fn workout_without_aarch32() -> anyhow::Result<()> {
    workout_on(machine::WITHOUT_AARCH32)
}

fn refused_without_aarch32() -> anyhow::Result<()> {
    let script = Script::new().expect("bare32: not started: the guest is 32-bit, and this core's EL1 is 64-bit only");
    machine::run_on(machine::WITHOUT_AARCH32, "one_bare32", script, 60)?;
    Ok(())
}

fn workout32_on(cpu: &str) -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST workout: \d+ passed, \d+ failed");
    expect_no_failure(&machine::run_on(cpu, "one_bare32", script, 120)?)
}

/// What loads and stores of all forms do to a device is what they do to RAM, and the devices of the tree are there.
fn devices() -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST devices: 2\d\d passed, \d+ failed");
    expect_no_failure(&machine::run("bare_devices", script, 120)?)
}

/// The same of A32 and T32.
fn devices32() -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST devices: 1\d\d passed, \d+ failed");
    expect_no_failure(&machine::run("bare32_devices", script, 120)?)
}

/// A guest's watchpoint and its software step stop nobody at EL0.
fn attack() -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST attack: \d+ passed, \d+ failed");
    expect_no_failure(&machine::run("bare_attack", script, 60)?)
}

/// The interrupt controller is as its architecture says, and as after power-on when the machine resets itself in a handler.
fn controller() -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST controller: \d+ passed, \d+ failed");
    expect_no_failure(&machine::run("bare_controller", script, 60)?)
}

/// Every call by HVC and SMC, of a guest of each width.
fn calls() -> anyhow::Result<()> {
    let over = r"GUEST calls: \d\d\d passed, \d+ failed";
    expect_no_failure(&machine::run("calls", Script::new().expect(over).expect(over), 300)?)
}

/// 10,000 times each was the other's neighbour on the core.
fn two() -> anyhow::Result<()> {
    let script = Script::new().expect("round 10000, 0 failed").expect("round 10000, 0 failed");
    expect_no_failure(&machine::run("two_bare", script, 300)?)
}

/// Every register that a guest can write, debug or not: neither the other guest nor a native program finds its value,
/// and what it arms stops neither.
fn sweep() -> anyhow::Result<()> {
    // The native program goes on for as long as the machine does; the guests end, perhaps before its first hundred.
    let script = Script::new()
        .expect(r"GUEST sweep: \d+ passed, \d+ failed")
        .expect(r"GUEST sweep: \d+ passed, \d+ failed")
        .expect(r"native: round \d+00");
    expect_no_failure(&machine::run("sweep", script, 300)?)
}

/// A VMM that moves its own guest's time: nobody thinks that another VMM has stopped.
fn shifted_time() -> anyhow::Result<()> {
    let run = machine::run("shifted_time", Script::new().expect(r"GUEST crash: \d+ passed, \d+ failed"), 120)?;
    expect_no_failure(&run)?;
    let restarts = run.output.lines().find(|line| line.contains("MON|"));
    anyhow::ensure!(
        restarts.is_none_or(|line| !line.contains("started again") && !line.contains("stopped")),
        "{restarts:?}"
    );
    Ok(())
}

/// The same of two 32-bit guests beside a 64-bit one.
fn sweep32() -> anyhow::Result<()> {
    let over = r"GUEST sweep: [1-9]\d* passed, \d+ failed";
    expect_no_failure(&machine::run("sweep32", Script::new().expect(over).expect(over).expect(over), 300)?)
}

fn idle() -> anyhow::Result<()> {
    let script = Script::new()
        .expect(r"GUEST idle: \d+ passed, \d+ failed")
        .expect(r"10\d{5} exits, 0 debug-register traps, 0 bank loads, 0 bank saves, 0 bank accesses, 0 MDSCR");
    let run = machine::run("bare_idle", script, 600)?;
    expect_no_failure(&run)
}

fn armed() -> anyhow::Result<()> {
    let script = Script::new()
        .expect(r"GUEST armed: \d+ passed, \d+ failed")
        .expect(r"10\d{5} exits, \d debug-register traps, 1 bank loads, 0 bank saves");
    let run = machine::run("bare_armed", script, 600)?;
    expect_no_failure(&run)
}
