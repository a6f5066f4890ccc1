// SPDX-License-Identifier: MIT OR Apache-2.0
//! A debugger from outside beside a guest that debugs itself: the guest notices nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use lazaret_build::Request;
use lazaret_machine::{DebugLine, Debugger, Run, RunEnd, Script, Watch};
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;
use object::{Object, ObjectSymbol};

use crate::Scenario;
use crate::gdb::{Gdb, PC, Stop};
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[
    ("debugger-workout", workout),
    ("debugger-differential", differential),
    ("debugger-linux", linux),
    ("debugger-gdb", real_gdb),
];

/// Seconds of the machine's time.
const WORK: Duration = Duration::from_secs(300);
/// The guest's vectors for synchronous exceptions from EL1 itself.
const SYNCHRONOUS: u64 = 0x200;

/// Builds a system whose VM waits for a debugger, and runs it while `debug` is that.
fn with_debugger<R>(
    system: PathBuf,
    vm: &str,
    script: fn() -> Script,
    debug: impl FnOnce(&DebugLine) -> anyhow::Result<R>,
) -> anyhow::Result<(Run, R)> {
    let request = Request { waits_for_debugger: Some(vm.into()), ..Request::new(system) };
    let built = machine::build(&request)?;
    let mut qemu = machine::qemu(&built.board)?;
    let line = DebugLine::open(&mut qemu, &built.debug_clients.clone().context("no debug line")?)?;
    let command = qemu.command(&built.path);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let watch = thread::spawn(move || Watch { stop: Some(stopped), ..Watch::script(script(), WORK) }.run(command));
    let result = debug(&line);
    // A guest whose debugger gives up would stand still for ever.
    stop.store(result.is_err(), Relaxed);
    let run = watch.join().map_err(|_| anyhow::anyhow!("the machine's thread"))??;
    let result = result.with_context(|| format!("{:?}\n{}", run.end, run.output))?;
    anyhow::ensure!(run.end == RunEnd::Seen, "{:?}\n{}", run.end, run.output);
    Ok((run, result))
}

/// What the guest says of itself: each of its checks, and how many there were.
fn transcript(run: &Run) -> Vec<&str> {
    let is_guests = |line: &&str| ["PASS ", "FAIL ", "GUEST "].iter().any(|start| line.starts_with(start));
    run.output.lines().filter(is_guests).collect()
}

fn end_of_workout() -> Script {
    Script::new().expect(r"GUEST workout: \d+ passed, \d+ failed").expect("powered off")
}

/// The guest's every check of breakpoints, watchpoints, steps and locks, with a debugger that stops it at each exception
/// that it takes, and steps from there.
fn workout() -> anyhow::Result<()> {
    let alone = machine::run("one_bare", end_of_workout(), WORK.as_secs())?;
    let vectors = symbol("bare-aarch64", "vectors")?;
    // A script that breaks where the guest never comes would wait for ever.
    let script = std::fs::read_to_string(Workspace::find().root().join("tests/debug/bare.gdb"))?;
    let place = format!("hbreak *{:#x}\n", vectors + SYNCHRONOUS);
    anyhow::ensure!(script.contains(&place), "tests/debug/bare.gdb has another place than {place}");
    let (beside, stops) = with_debugger(machine::description("debug_bare"), "bare", end_of_workout, |line| {
        let mut gdb = Gdb::attach(line, "bare")?;
        let at = vectors + SYNCHRONOUS;
        gdb.tell(&format!("Z1,{at:x},4"))?;
        let mut stops = 0;
        while gdb.go_on()? == Stop::Breakpoint {
            anyhow::ensure!(gdb.register(PC)? == at, "stopped elsewhere");
            stops += 1;
            anyhow::ensure!(gdb.step()? == Stop::Step && gdb.register(PC)? != at, "it does not go on");
        }
        Ok(stops)
    })?;
    anyhow::ensure!(transcript(&alone) == transcript(&beside), "{}\nand beside it\n{}", alone.output, beside.output);
    println!("  debugger-workout: {stops} exceptions seen, {} lines the same", transcript(&alone).len());
    anyhow::ensure!(stops > 100, "only {stops} exceptions");
    Ok(())
}

/// Every encoding of a debug, ID or performance register, read and written at EL1 and EL0, beside a debugger that has a
/// breakpoint and a watchpoint in the registers: what the guest finds is what it finds alone.
fn differential() -> anyhow::Result<()> {
    let [system, without] = differential_systems()?;
    let built = machine::build(&Request::new(without))?;
    let alone = machine::run_built(&built, end_of_differential(), WORK.as_secs())?;
    let (beside, ()) = with_debugger(system, "bare", end_of_differential, |line| {
        let mut gdb = Gdb::attach(line, "bare")?;
        gdb.tell(&format!("Z1,{UNUSED:x},4"))?;
        gdb.tell(&format!("Z4,{UNUSED:x},8"))?;
        let stop = gdb.go_on()?;
        anyhow::ensure!(stop == Stop::Ended, "{stop:?}");
        Ok(())
    })?;
    let rows = |run: &Run| run.output.lines().filter(|line| is_row(line)).map(String::from).collect::<Vec<_>>();
    let (alone, beside) = (rows(&alone), rows(&beside));
    let tried = alone.last().map_or("", |row| row);
    let differ = |(alone, beside): &(&String, &String)| alone != beside;
    let (qemus, differ): (Vec<_>, Vec<_>) =
        alone.iter().zip(&beside).filter(differ).partition(|(alone, _)| is_qemus(alone));
    println!("  debugger-differential: {} rows, {} QEMU's, {} differ; {tried}", alone.len(), qemus.len(), differ.len());
    anyhow::ensure!(differ.is_empty() && alone.len() == beside.len(), "{} rows: {differ:#?}", alone.len());
    anyhow::ensure!(alone.len() > 100, "only {} rows", alone.len());
    Ok(())
}

/// Alone, a guest that has written a debug register reaches the hardware's, and QEMU's differ from Arm's: they keep all that
/// is written to them (DBGBVR, DBGBCR, DBGWVR, DBGWCR, MDSCR_EL1), and MDCCSR_EL0's TXfull is never set. Beside a debugger
/// each access traps.
fn is_qemus(row: &str) -> bool {
    let keeps_all = row.contains(" write s2_0_c0_c") && row.ends_with(" value=0xffffffffffffffff");
    keeps_all || row.ends_with(" read s2_3_c0_c1_0 value=0x0")
}

/// Where the guest has nothing.
const UNUSED: u64 = 0x40ff_f000;

fn is_row(line: &str) -> bool {
    line.starts_with("ROW ") || line.starts_with("DIFFERENTIAL ")
}

fn end_of_differential() -> Script {
    Script::new().expect(r"GUEST differential: \d+ passed").expect("powered off")
}

/// The bare guest's systems, with a debug line and without, with another thing to do.
fn differential_systems() -> anyhow::Result<[PathBuf; 2]> {
    let (folder, config) = (machine::new_folder()?, "bare_workout.vmmcfg");
    let systems = ["debug_bare", "one_bare"].map(machine::description);
    let text = std::fs::read_to_string(systems[0].with_file_name(config))?;
    std::fs::write(folder.join(config), text.replace("mode=workout", "mode=differential"))?;
    let copies = systems.each_ref().map(|system| folder.join(system.file_name().unwrap_or_default()));
    for (system, copy) in systems.iter().zip(&copies) {
        std::fs::copy(system, copy).with_context(|| system.display().to_string())?;
    }
    Ok(copies)
}

/// gdb in a Linux, with a breakpoint and a watchpoint of the hardware's on a program; and a debugger outside with the same two,
/// set before Linux starts. Each of the two stops each time, the outer one first.
fn linux() -> anyhow::Result<()> {
    let (work, counter) = (symbol("debuggee", "work")?, symbol("debuggee", "COUNTER")?);
    let system = Workspace::find().root().join("components/examples/debug.system");
    let (_, (breaks, watches)) = with_debugger(system, "linux", gdb_inside, |line| {
        let mut gdb = Gdb::attach(line, "linux")?;
        gdb.tell(&format!("Z1,{work:x},4"))?;
        gdb.tell(&format!("Z2,{counter:x},8"))?;
        let (mut breaks, mut watches) = (0, 0);
        loop {
            match gdb.go_on()? {
                Stop::Breakpoint => {
                    anyhow::ensure!(gdb.register(PC)? == work, "stopped elsewhere");
                    breaks += 1;
                }
                Stop::Watchpoint(address) => {
                    anyhow::ensure!(address == counter, "stopped by {address:#x}");
                    watches += 1;
                }
                Stop::Ended => return Ok((breaks, watches)),
                other => anyhow::bail!("{other:?}"),
            }
        }
    })?;
    println!("  debugger-linux: {breaks} stops at the breakpoint, {watches} at the watchpoint");
    anyhow::ensure!(breaks >= INSIDE && watches >= INSIDE, "gdb inside stopped more often");
    Ok(())
}

/// The scripts in `tests/debug`, with a real gdb if there is one.
fn real_gdb() -> anyhow::Result<()> {
    if Debugger::find().is_err() {
        println!("  debugger-gdb: skipped, no gdb that knows AArch64 (apt-get install gdb-multiarch)");
        return Ok(());
    }
    for vm in ["bare", "linux"] {
        let script = Workspace::find().root().join(format!("tests/debug/{vm}.gdb"));
        let script = script.to_str().context("a path")?;
        crate::command_line::expect(&["debug", vm, "--batch", script], 0, "detached")?;
    }
    Ok(())
}

/// How often gdb inside stops at each of the two at least.
const INSIDE: usize = 2;

fn gdb_inside() -> Script {
    crate::linux::gdb_script()
        .step("", "poweroff\r")
        .step(r"linux: powered off", crate::linux::ASK_BARE)
        .expect(r"bare\| guest bare: round \d+, 0 failed")
}

/// Where something is in a program that the last build has made.
fn symbol(program: &str, name: &str) -> anyhow::Result<u64> {
    let path = Workspace::find().output(machine::board(), Config::Debug.name()).join("programs").join(program);
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let elf = object::File::parse(&*bytes)?;
    let found = elf.symbols().find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.address());
    found.with_context(|| format!("{program} has no {name}"))
}
