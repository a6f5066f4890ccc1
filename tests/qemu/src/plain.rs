// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel tests: programs that run as the root task on the real kernel, without a system.

use std::time::Duration;

use kernel_tests::differences::listed;
use lazaret_build::Request;
use lazaret_build::system;
use lazaret_machine::{Qemu, Script, Watch};
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use lazaret_programs::{Config, Setting};

use crate::Scenario;
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[
    ("kernel-conformance", conformance),
    ("kernel-conformance-64-bit-only", conformance_without_aarch32),
    ("kernel-self-test", self_test),
    ("kernel-fuzz", fuzz),
    ("kernel-fuzz-guest", fuzz_guest),
    ("kernel-fuzz-checked", fuzz_checked),
    ("kernel-checked-two-vms", checked_vms),
];

fn conformance() -> anyhow::Result<()> {
    run(Config::Debug, "kernel-tests", 120, &[])
}

/// A core whose EL1 has no AArch32.
fn conformance_without_aarch32() -> anyhow::Result<()> {
    run_on(Some(machine::WITHOUT_AARCH32), Config::Debug, "kernel-tests", 120, &["this core has no AArch32 at EL1"])
}

/// What the emulator cannot show passes on it all the same, but for what needs a real line.
fn self_test() -> anyhow::Result<()> {
    run(Config::Debug, "self-test", 120, &["nothing slows this UART down"])
}

fn fuzz() -> anyhow::Result<()> {
    run(Config::Debug, "kernel-fuzz", 300, &[])
}

fn fuzz_guest() -> anyhow::Result<()> {
    run(Config::Debug, "kernel-fuzz-guest", 300, &[])
}

/// The kernel looks at its own state after each call.
fn fuzz_checked() -> anyhow::Result<()> {
    run(Config::Checked, "kernel-fuzz-checked", 300, &[])
}

/// And after exits of two guests, their monitors' calls, and all that the root task does. Not with VMMs whose budget is
/// watched: they pay for the looks.
fn checked_vms() -> anyhow::Result<()> {
    let request = Request { config: Config::Checked, ..Request::new(machine::description("two_bare")) };
    let script = Script::new().expect("guest A: round 1000, 0 failed").expect("guest B: round [1-9]000, 0 failed");
    machine::run_built(&machine::build(&request)?, script, 300)?;
    Ok(())
}

/// `skipped`: the reasons that may be given; our kernel on these cores has all else.
fn run(config: Config, program: &str, seconds: u64, skipped: &[&str]) -> anyhow::Result<()> {
    run_on(None, config, program, seconds, skipped)
}

/// The same on another CPU than the board's.
fn run_on(cpu: Option<&str>, config: Config, program: &str, seconds: u64, skipped: &[&str]) -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let setting = Setting { workspace: &workspace, board: machine::board(), config };
    let executables = setting.build(&Toolchain::detect()?, &["microkernel", "kernel-tests"])?;
    let read = |name: &str| std::fs::read(executables.join(name));
    let packed = lazaret_image::pack(&read("microkernel")?, &read(program)?, None)?;
    let path = setting.output().join(format!("{program}.img"));
    std::fs::write(&path, packed.bytes)?;
    let board = system::board(&workspace, machine::board(), config)?;
    let mut watch = Watch::script(Script::new().expect("TEST-SUITE (PASS|FAIL)"), Duration::from_secs(seconds));
    watch.faults_expected = true;
    let mut qemu = Qemu::of(&workspace, &board)?;
    qemu.cpu = cpu.map_or(qemu.cpu, String::from);
    let run = watch.run(qemu.command(&path))?;
    run.expect_seen()?;
    let unasked = |line: &str| line.contains(" SKIP: ") && !skipped.iter().any(|why| line.contains(why));
    let is_bad = |line: &&str| line.contains("FAIL") || line.contains("KRN|PANIC") || unasked(line);
    let bad: Vec<_> = run.output.lines().filter(is_bad).collect();
    anyhow::ensure!(bad.is_empty(), "{}", bad.join("\n"));
    run.output.lines().filter_map(|line| line.split_once(" DIFFERS: ")).try_for_each(differs_as_listed)
}

/// Our kernel answers otherwise than seL4, but as the list says.
fn differs_as_listed((case, how): (&str, &str)) -> anyhow::Result<()> {
    let name = case.trim_start_matches("CASE ");
    let ours = listed(name).map_or("", |difference| difference.ours);
    anyhow::ensure!(how.contains(&format!(": answer {ours}, not ")), "{name}: wanted {ours}: {how}");
    Ok(())
}
