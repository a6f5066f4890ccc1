// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel tests: programs that run as the root task on the real kernel, without a system.

use std::time::Duration;

use kernel_tests::differences::listed;
use lazaret_build::Request;
use lazaret_build::system;
use lazaret_machine::{Clock, Script, Watch};
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
    ("kernel-extension-costs", costs),
    ("kernel-checked-two-vms", checked_vms),
    ("kernel-checked-active-vmms", checked_active_vms),
    ("kernel-earlier-conformance", earlier_conformance),
    ("kernel-earlier-two-vms", earlier_vms),
];

/// Many cases wait some milliseconds, which need not be millions of instructions.
const WAITS: Clock = Clock::Instructions(3);
/// A case that only a seL4 can be asked.
const ONLY_SEL4: &str = "here a hypercall is a fault and no system call";

fn conformance() -> anyhow::Result<()> {
    Plain { skipped: &[ONLY_SEL4], ..Plain::new("kernel-tests", 120) }.run()
}

/// A core whose EL1 has no AArch32.
fn conformance_without_aarch32() -> anyhow::Result<()> {
    let skipped = &["this core has no AArch32 at EL1", ONLY_SEL4];
    Plain { cpu: Some(machine::WITHOUT_AARCH32), skipped, ..Plain::new("kernel-tests", 120) }.run()
}

/// What the emulator cannot show passes on it all the same, but for what needs a real line.
fn self_test() -> anyhow::Result<()> {
    Plain { skipped: &["nothing slows this UART down", ONLY_SEL4], ..Plain::new("self-test", 120) }.run()
}

fn fuzz() -> anyhow::Result<()> {
    Plain::new("kernel-fuzz", 300).run()
}

fn fuzz_guest() -> anyhow::Result<()> {
    Plain::new("kernel-fuzz-guest", 300).run()
}

/// The kernel looks at its own state after each call.
fn fuzz_checked() -> anyhow::Result<()> {
    Plain { config: Config::Checked, ..Plain::new("kernel-fuzz-checked", 300) }.run()
}

/// No invocation of the extension costs more than its table says.
fn costs() -> anyhow::Result<()> {
    Plain { clock: Clock::Repeatable, ..Plain::new("kernel-costs", 120) }.run()
}

/// And after exits of two guests, their monitors' calls, and all that the root task does. VMMs have no time of their own:
/// each WFI gives its guest's back, or the kernel panics.
fn checked_vms() -> anyhow::Result<()> {
    let script = Script::new().expect("'vmm_bare_[ab]' is now passive").expect("'vmm_bare_[ab]' is now passive");
    two_vms(Config::Checked, "two_bare", script)
}

/// VMMs that keep their own time.
fn checked_active_vms() -> anyhow::Result<()> {
    two_vms(Config::Checked, "two_bare_active", Script::new())
}

/// A kernel with the first version of the extension only: what came later is refused, and cases of it say that this kernel
/// has it not.
fn earlier_conformance() -> anyhow::Result<()> {
    Plain { config: Config::Earlier, skipped: &["this kernel ", ONLY_SEL4], ..Plain::new("kernel-tests", 120) }.run()
}

/// The VMM does without what such a kernel has not.
fn earlier_vms() -> anyhow::Result<()> {
    two_vms(Config::Earlier, "two_bare", Script::new())
}

fn two_vms(config: Config, system: &str, script: Script) -> anyhow::Result<()> {
    let request = Request { config, ..Request::new(machine::description(system)) };
    let script = script.expect("guest A: round 1000, 0 failed").expect("guest B: round [1-9]000, 0 failed");
    machine::run_built(&machine::build(&request)?, script, 300)?;
    Ok(())
}

/// A program as the root task, until it has given its verdict.
struct Plain<'a> {
    program: &'a str,
    config: Config,
    /// Another CPU than the board's.
    cpu: Option<&'a str>,
    /// Where a board's time is that of instructions, how long they take.
    clock: Clock,
    seconds: u64,
    /// Reasons to skip a case that may be given; our kernel on these cores has all else.
    skipped: &'a [&'a str],
}

impl<'a> Plain<'a> {
    fn new(program: &'a str, seconds: u64) -> Self {
        Self { program, config: Config::Debug, cpu: None, clock: WAITS, seconds, skipped: &[] }
    }

    fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::find();
        let setting = Setting { workspace: &workspace, board: machine::board(), config: self.config };
        let executables = setting.build(&Toolchain::detect()?, &["microkernel", "kernel-tests"])?;
        let read = |name: &str| std::fs::read(executables.join(name));
        let packed = lazaret_image::pack(&read("microkernel")?, &read(self.program)?, None)?;
        let path = machine::new_folder()?.join(format!("{}.img", self.program));
        std::fs::write(&path, packed.bytes)?;
        let board = system::board(&workspace, machine::board(), self.config)?;
        let verdict = Script::new().expect("TEST-SUITE (PASS|FAIL)");
        let mut watch = Watch::script(verdict, Duration::from_secs(self.seconds));
        watch.faults_expected = true;
        let mut qemu = machine::qemu(&board)?;
        if qemu.clock != Clock::Host {
            qemu.clock = self.clock;
        }
        qemu.cpu = self.cpu.map_or(qemu.cpu, String::from);
        let run = watch.run(qemu.command(&path))?;
        run.expect_seen()?;
        let unasked = |line: &str| line.contains(" SKIP: ") && !self.skipped.iter().any(|why| line.contains(why));
        let is_bad = |line: &&str| line.contains("FAIL") || line.contains("KRN|PANIC") || unasked(line);
        let bad: Vec<_> = run.output.lines().filter(is_bad).collect();
        anyhow::ensure!(bad.is_empty(), "{}", bad.join("\n"));
        run.output.lines().filter_map(|line| line.split_once(" DIFFERS: ")).try_for_each(differs_as_listed)
    }
}

/// Our kernel answers otherwise than seL4, but as the list says.
fn differs_as_listed((case, how): (&str, &str)) -> anyhow::Result<()> {
    let name = case.trim_start_matches("CASE ");
    let ours = listed(name).map_or("", |difference| difference.ours);
    let is_so = [": answer ", ": "].iter().any(|before| how.contains(&format!("{before}{ours}, not ")));
    anyhow::ensure!(is_so, "{name}: wanted {ours}: {how}");
    Ok(())
}
