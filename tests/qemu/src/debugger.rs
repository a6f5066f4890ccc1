// SPDX-License-Identifier: MIT OR Apache-2.0
//! A debugger from outside beside a guest that debugs itself: the guest notices nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use lazaret_build::Request;
use lazaret_machine::{DebugLine, Run, RunEnd, Script, Watch};
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;
use object::{Object, ObjectSymbol};

use crate::Scenario;
use crate::gdb::{Gdb, PC, Stop};
use crate::machine;

pub const SCENARIOS: &[Scenario] = &[("debugger-workout", workout)];

/// Seconds of the machine's time.
const WORK: Duration = Duration::from_secs(300);
/// The guest's vectors for synchronous exceptions from EL1 itself.
const SYNCHRONOUS: u64 = 0x200;

/// Builds a system whose VM waits for a debugger, and runs it while `debug` is that.
fn with_debugger<R>(
    system: &str,
    vm: &str,
    script: fn() -> Script,
    debug: impl FnOnce(&DebugLine) -> anyhow::Result<R>,
) -> anyhow::Result<(Run, R)> {
    let request = Request { waits_for_debugger: Some(vm.into()), ..Request::new(machine::description(system)) };
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

/// What the guest says of itself.
fn transcript(run: &Run) -> Vec<&str> {
    run.output.lines().filter(|line| line.starts_with("GUEST ")).collect()
}

fn end_of_workout() -> Script {
    Script::new().expect(r"GUEST workout: \d+ passed, \d+ failed").expect("powered off")
}

/// The guest's every check of breakpoints, watchpoints, steps and locks, with a debugger that stops it at each exception
/// that it takes, and steps from there.
fn workout() -> anyhow::Result<()> {
    let alone = machine::run("one_bare", end_of_workout(), WORK.as_secs())?;
    let vectors = symbol("bare-aarch64", "vectors")?;
    let (beside, stops) = with_debugger("debug_bare", "bare", end_of_workout, |line| {
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

/// Where something is in a program that the last build has made.
fn symbol(program: &str, name: &str) -> anyhow::Result<u64> {
    let path = Workspace::find().output(machine::board(), Config::Debug.name()).join("programs").join(program);
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let elf = object::File::parse(&*bytes)?;
    let found = elf.symbols().find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.address());
    found.with_context(|| format!("{program} has no {name}"))
}
