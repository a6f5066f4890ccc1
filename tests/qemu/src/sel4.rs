// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scenarios on a real seL4 that somebody installed: `test --kernel PREFIX` gives it in `LAZARET_KERNEL`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lazaret_build::Request;
use lazaret_build::target::Target;
use lazaret_machine::{Run, Script, Watch};
use lazaret_programs::Config;
use lazaret_programs::sha256;
use lazaret_programs::toolchain::Toolchain;
use lazaret_programs::workspace::Workspace;
use libtest_mimic::Trial;

use kernel_tests::differences::{DIFFERENCES, reason};

use crate::DEFAULT_BOARD;
use crate::Scenario;
use crate::both_kernels;
use crate::command_line;
use crate::machine;
use crate::trial;

const SCENARIOS: &[Scenario] = &[
    ("sel4-same-binaries", same_binaries),
    ("sel4-one-vm", one_vm),
    ("sel4-attack", attack),
    ("sel4-two-bare-vms", two_bare_vms),
    ("sel4-two-vms-refused", two_vms_refused),
    ("sel4-two-vms-allowed", two_vms_allowed),
    ("sel4-fault-monitor", fault_monitor),
    ("sel4-audit", audit),
    ("sel4-conformance", conformance),
    ("sel4-random-answers", random_answers),
    ("sel4-linux-boot", linux_boot),
    ("sel4-linux-gdb", linux_gdb),
];

/// All of them; without a kernel each says why it does not run.
pub fn trials() -> Vec<Trial> {
    let here = prefix().is_some();
    let reason = "skipped, no installed seL4 was given (tools/lazaret test --kernel PREFIX)";
    let skipped = SCENARIOS.iter().filter(|_| !here);
    skipped.for_each(|(name, _)| println!("  {name}: {reason}"));
    let all = SCENARIOS.iter().filter_map(|&scenario| trial(DEFAULT_BOARD, scenario, true));
    all.map(|trial| trial.with_ignored_flag(!here)).collect()
}

pub fn prefix() -> Option<PathBuf> {
    std::env::var_os("LAZARET_KERNEL").map(PathBuf::from)
}

fn request(system: &Path) -> Request {
    Request { kernel: prefix(), ..Request::new(system) }
}

/// Boots on the installed kernel.
fn run(request: &Request, script: Script, seconds: u64) -> anyhow::Result<Run> {
    let built = machine::build(request)?;
    let qemu = machine::qemu_for_sel4(&built.board)?.on_core(built.cpu);
    let mut watch = Watch::script(script, Duration::from_secs(seconds));
    watch.faults_expected = true;
    let run = watch.run(qemu.command(&built.path))?;
    run.expect_seen()?;
    Ok(run)
}

/// Built with the installed kernel's own files, the programs are those for our kernel, byte for byte.
fn same_binaries() -> anyhow::Result<()> {
    let workspace = Workspace::find();
    let request = request(&machine::default_description());
    let mut target = Target::of(&workspace, &request)?;
    let kernel = target.kernel.clone().expect("one was given");
    anyhow::ensure!(kernel.is_documented, "this is another configuration than the documented one");
    let toolchain = Toolchain::detect()?;
    let programs = ["root-task", "vmm", "serial", "bare-aarch64"];
    let ours = target.build(&toolchain, &programs)?;
    target.output = workspace.output(&request.board, &format!("sel4-{}", kernel.tag));
    let theirs = target.build_by_prefix(&toolchain, &programs, &kernel.prefix)?;
    for program in programs {
        let read = |folder: &Path| std::fs::read(folder.join(program));
        let (ours, theirs) = (read(&ours)?, read(&theirs)?);
        let [mine, other] = [&ours, &theirs].map(|bytes| sha256(bytes));
        if mine == other {
            println!("  {program}: {mine}");
            continue;
        }
        let in_memory = |bytes: &[u8]| lazaret_image::flatten(bytes, program).map(|flat| flat.bytes);
        anyhow::ensure!(in_memory(&ours)? == in_memory(&theirs)?, "{program}: {mine} for our kernel, {other} for seL4");
        println!(
            "  {program}: the same in memory; the files differ, for their debug information names the folder that they \
             were built in, and this checkout was in another one then (cargo clean makes them the same)"
        );
    }
    Ok(())
}

const NOT_ISOLATED: &str = "this kernel does not isolate debug registers";

/// Does this kernel switch debug registers? Then it has the shim, and what is promised with it must hold.
fn isolates(run: &Run) -> bool {
    !run.output.contains(NOT_ISOLATED)
}

/// Is the shim linked into the kernel? Its symbols are.
fn has_shim() -> anyhow::Result<bool> {
    Ok(lazaret_build::sel4::has_shim(&std::fs::read(prefix().unwrap_or_default().join("bin/kernel.elf"))?))
}

/// gdb in Linux beside a guest that uses its breakpoints all the while: only the shim makes that possible.
fn linux_gdb() -> anyhow::Result<()> {
    if !has_shim()? {
        println!("  not tried: this kernel has no shim");
        return Ok(());
    }
    run(&request(&machine::default_description()), crate::linux::gdb_script(), 400).map(|_| ())
}

/// What a debug build says of a program that was stopped by a guest's breakpoints: the root task of another one, or the
/// kernel of the root task. A release build says nothing.
const STOPPED: &str = r"MON\|(WARN|ERROR)|no fault handler while";

/// Runs two guests or one on a kernel with the shim, which must get to the script's end; or on a stock one, where the first
/// that is seen of the other ends it, or that nothing moves any more. The seconds are of work: to the good end, and until a
/// machine that moves no more is given up.
fn run_unisolated(
    request: &Request,
    good: Script,
    bad: &str,
    [seconds, until_it_rests]: [u64; 2],
) -> anyhow::Result<Run> {
    let shim = has_shim()?;
    let built = machine::build(request)?;
    let qemu = machine::qemu_for_sel4(&built.board)?.on_core(built.cpu);
    let (script, seconds) = if shim { (good, seconds) } else { (Script::new().expect(bad), until_it_rests) };
    let mut watch = Watch::script(script, Duration::from_secs(seconds));
    watch.faults_expected = true;
    let run = watch.run(qemu.command(&built.path))?;
    anyhow::ensure!(isolates(&run) == shim, "the VMM does not say what this kernel isolates");
    if shim {
        run.expect_seen()?;
    }
    Ok(run)
}

/// What a guest's debug registers do to its VMM: nothing with the shim; on a stock kernel they stop it, and this test
/// says when that has changed.
fn attack() -> anyhow::Result<()> {
    let survived = r"GUEST attack: \d+ passed, 0 failed";
    let request = request(&machine::description("bare_attack"));
    let run = run_unisolated(&request, Script::new().expect(survived), &format!("{STOPPED}|{survived}"), [60, 3])?;
    if !has_shim()? {
        anyhow::ensure!(!run.output.contains("GUEST attack: "), "the VMM survived on a kernel that does not isolate");
        println!("  this kernel does not isolate: the guest stopped its VMM");
    }
    Ok(())
}

/// Two guests, each looking for the other's values: with the shim neither finds any.
fn two_bare_vms() -> anyhow::Result<()> {
    let request = Request { allow_shared_debug: true, ..request(&machine::description("two_bare")) };
    let good = Script::new().expect("round 10000, 0 failed").expect("round 10000, 0 failed");
    let run = run_unisolated(&request, good, &format!("FAIL |{STOPPED}"), [300, 60])?;
    if !has_shim()? {
        let silent = run.expect_seen().is_err() && !run.output.contains("round 10000, 0 failed");
        anyhow::ensure!(run.output.contains("FAIL ") || silent, "nothing leaked");
        let first = run.output.lines().find(|line| line.contains("FAIL ")).unwrap_or("no answer any more");
        println!("  this kernel does not isolate: {first}");
    }
    Ok(())
}

/// Alone, a guest may have the debug registers.
fn one_vm() -> anyhow::Result<()> {
    let script = Script::new().expect(r"GUEST workout: \d+ passed, \d+ failed");
    let run = run(&request(&machine::description("one_bare")), script, 120)?;
    anyhow::ensure!(isolates(&run) == has_shim()?, "the VMM does not say what this kernel isolates");
    Ok(())
}

fn two_vms_refused() -> anyhow::Result<()> {
    if has_shim()? {
        println!("  not tried: this kernel has the shim, so two VMs are fine");
        return Ok(());
    }
    let line = "not started beside another VM without --allow-shared-debug";
    let run = run(&request(&machine::description("two_bare")), Script::new().expect(line).expect(line), 60)?;
    anyhow::ensure!(!run.output.contains("starts at"), "a VM started");
    Ok(())
}

/// Linux to its shell beside a guest that leaves the debug registers alone: one that does not would stop Linux.
fn two_vms_allowed() -> anyhow::Result<()> {
    let request = Request { allow_shared_debug: true, ..request(&machine::description("linux_and_idle")) };
    let script = Script::new()
        .expect(r"bare_idle\| guest \w+: \d+ breakpoints")
        .step("Please press Enter", "\r")
        .expect("/ # ?$")
        .step("", "uname -srm\r")
        .expect("Linux .* aarch64")
        .step("/ # ?$", "poweroff\r")
        .expect("reboot: Power down")
        .expect(r"GUEST idle: \d+ passed, 0 failed");
    run(&request, script, 600).map(|_| ())
}

/// Whether programs can print by the kernel; it says so if not.
fn speaks() -> anyhow::Result<bool> {
    let request = request(&machine::default_description());
    let speaks = Target::of(&Workspace::find(), &request)?.board.config != Config::Release.name();
    if !speaks {
        println!("  not tried: this program prints by the kernel, and a release one prints nothing");
    }
    Ok(speaks)
}

fn fault_monitor() -> anyhow::Result<()> {
    if !speaks()? {
        return Ok(());
    }
    run(&request(&machine::description("protection_domains")), crate::domains::script(), 60).map(|_| ())
}

fn audit() -> anyhow::Result<()> {
    let prefix = prefix().unwrap_or_default().display().to_string();
    let system = machine::description("two_bare").display().to_string();
    if !speaks()? {
        return command_line::expect(&["audit", "--kernel", &prefix, "--system", &system], 2, "a release kernel");
    }
    command_line::expect(&["audit", "--kernel", &prefix, "--system", &system], 0, "holder")
}

fn linux_boot() -> anyhow::Result<()> {
    let script = Script::new()
        .step("Please press Enter", "\r")
        .expect("/ # ?$")
        .step("", "uname -srm\r")
        .expect("Linux .* aarch64")
        .step("/ # ?$", "poweroff\r")
        .expect("reboot: Power down")
        .expect("linux: powered off");
    run(&request(&machine::description("linux")), script, 240).map(|_| ())
}

/// Every case has the same outcome on both kernels, but for those that are listed with a reason and those that only our
/// kernel has.
fn conformance() -> anyhow::Result<()> {
    if !speaks()? {
        return Ok(());
    }
    let shim = has_shim()?;
    let ours = both_kernels::output(None, "kernel-tests", END, 300)?;
    let theirs = both_kernels::output(prefix(), "kernel-tests", END, 600)?;
    let (ours, theirs) = (outcomes(&ours), outcomes(&theirs));
    anyhow::ensure!(ours.len() == theirs.len(), "{} cases on ours, {} on seL4", ours.len(), theirs.len());
    let (mut same, mut listed, mut only_ours, mut only_theirs) = (0, 0, 0, 0);
    for ((name, mine), (_, other)) in ours.iter().zip(&theirs) {
        match (mine.as_str(), other.as_str()) {
            ("PASS", "PASS") => same += 1,
            ("PASS", skip) if skip.starts_with("SKIP") => only_ours += 1,
            (skip, "PASS") if skip.starts_with("SKIP") && shim => only_theirs += 1,
            (skip, other) if skip.starts_with("SKIP") && other.starts_with("SKIP") && !shim => {}
            (differs, "PASS") if differs.starts_with("DIFFERS") => {
                listed += 1;
                println!("  {name}: {differs}; {}", reason(name).unwrap_or("?"));
            }
            _ => anyhow::bail!("{name}: ours {mine}, seL4 {other}"),
        }
    }
    println!(
        "  {same} cases are the same, {listed} differ as listed, {only_ours} are of our extensions, {only_theirs} of a \
         seL4 with the debug shim"
    );
    anyhow::ensure!(listed == DIFFERENCES.len(), "{} differences are listed", DIFFERENCES.len());
    Ok(())
}

/// The same random invocations, answer by answer.
fn random_answers() -> anyhow::Result<()> {
    if !speaks()? {
        return Ok(());
    }
    let ours = both_kernels::output(None, "sel4-oracle", "ORACLE end", 300)?;
    let theirs = both_kernels::output(prefix(), "sel4-oracle", "ORACLE end", 600)?;
    let (ours, theirs) = (answers(&ours), answers(&theirs));
    let first = ours.iter().zip(&theirs).find(|(mine, other)| mine != other);
    anyhow::ensure!(first.is_none(), "{first:?}");
    anyhow::ensure!(ours.len() == theirs.len(), "{} answers of ours, {} of seL4's", ours.len(), theirs.len());
    println!("  {} random answers are the same", ours.len());
    Ok(())
}

/// Without a debug kernel's own remarks, and without two differences that are meant: list registers of the interrupts
/// 1020 to 1023, which no interrupt has; VMPIDR_EL2, which starts with its RES1 bit.
fn answers(output: &str) -> Vec<&str> {
    let is_answer = |line: &&str| line.starts_with("D ") || line.starts_with("S ");
    let injects = |line: &str| line.contains(" label 56 ") && line.contains("3ff caps ");
    let is_meant = |line: &&str| injects(line) || line.contains(" label 57 10 caps ");
    output.lines().filter(is_answer).filter(|line| !is_meant(line)).collect()
}

const END: &str = "TEST-SUITE (PASS|FAIL)";

/// Name and outcome of each case; a debug build of seL4 writes remarks of its own between the two.
fn outcomes(output: &str) -> Vec<(String, String)> {
    let mut cases = Vec::new();
    for line in output.lines() {
        let (name, rest) = match line.split_once("CASE ") {
            Some((_, text)) => text.split_once(' ').map(|(name, rest)| (Some(name), rest)).unwrap_or((Some(text), "")),
            None => (None, line),
        };
        cases.extend(name.map(|name| (name.to_string(), String::new())));
        let found = ["PASS", "FAIL:", "DIFFERS:", "SKIP:"].iter().filter_map(|word| rest.find(word)).min();
        if let (Some(at), Some((_, outcome))) = (found, cases.last_mut())
            && outcome.is_empty()
        {
            *outcome = rest[at..].trim().to_string();
        }
    }
    cases
}
