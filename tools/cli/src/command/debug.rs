// SPDX-License-Identifier: MIT OR Apache-2.0
//! `debug`: starts a system, and gdb for one of its virtual machines.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use anyhow::Context;
use clap::Args;

use crate::arguments::{QemuArguments, SourceArguments};
use lazaret_build::{Request, system};
use lazaret_diagnostic::Problem;
use lazaret_machine::{Beginning, DebugLine, Debugger, Input, Qemu, Run, RunEnd, Script, Watch, interrupt};
use lazaret_programs::workspace::Workspace;

/// `debug`
#[derive(Debug, Args)]
pub struct DebugArguments {
    /// The virtual machine, by its name in the description
    pub vm: String,
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// How to run it.
    #[command(flatten)]
    pub qemu: QemuArguments,
    /// A file with the guest's symbols
    #[arg(long, value_name = "ELF")]
    pub symbols: Option<PathBuf>,
    /// Set a breakpoint there; without --batch, go on until it is reached
    #[arg(long = "break", value_name = "SYM")]
    pub breakpoint: Option<String>,
    /// Follow this script of gdb commands instead of a person's; exit 0 if gdb does
    #[arg(long, value_name = "FILE")]
    pub batch: Option<PathBuf>,
    /// Show the console here, and not in a file
    #[arg(long)]
    pub console: bool,
    /// More of QEMU's own arguments
    #[arg(last = true, value_name = "QEMU-ARGUMENTS")]
    pub more: Vec<String>,
}

/// The default system, with a debug line.
const DEFAULT_SYSTEM: &str = "components/examples/debug.system";

/// Runs until gdb ends. The VM stands at its first instruction until gdb lets it go on.
pub fn run(workspace: &Workspace, arguments: &DebugArguments) -> anyhow::Result<ExitCode> {
    let mut source = arguments.source.clone();
    source.system.system.get_or_insert_with(|| super::short(&workspace.root().join(DEFAULT_SYSTEM)));
    let request = arguments.qemu.request(workspace, source.request(workspace))?;
    let request = Request { waits_for_debugger: Some(arguments.vm.clone()), ..request };
    // All that can be wrong is told before anything is built.
    let clients = system::debug_clients(workspace, &request)?.ok_or_else(|| without_line(&request.system))?;
    if !clients.iter().any(|(_, vm)| *vm == arguments.vm) {
        let known: Vec<&str> = clients.iter().map(|(_, vm)| &**vm).collect();
        let what = format!("no VM '{}' is on the debug line", arguments.vm);
        return Err(Problem::new(what, format!("those that are: {}", known.join(", "))));
    }
    let debugger = Debugger::find()?;
    for file in [&arguments.symbols, &arguments.batch].into_iter().flatten() {
        std::fs::File::open(file).with_context(|| file.display().to_string())?;
    }
    let built = system::build(workspace, &request)?;
    built.will_not_start.iter().for_each(|why| eprintln!("lazaret: {why}"));
    let mut qemu = arguments.qemu.qemu_for(workspace, &built)?;
    qemu.more.extend(arguments.more.iter().cloned());
    let line = DebugLine::open(&mut qemu, &clients)?;
    let log = (!arguments.console).then(|| console_file(workspace, &arguments.vm)).transpose()?;
    eprintln!("{}", qemu.line(&super::short(&built.path)));
    log.iter().for_each(|log| eprintln!("console: {}", super::short(log).display()));
    line.ports().iter().for_each(|port| eprintln!("gdb: {} at {}", port.vm, port.address));
    let machine = Machine::start(qemu, built.path, log);
    while !line.is_ready() && !machine.has_ended() {
        thread::sleep(interrupt::LOOK);
    }
    if machine.has_ended() {
        let end = machine.end()?;
        anyhow::bail!("the machine ended before its debug line was there: {}", told(&end));
    }
    let beginning = Beginning {
        symbols: arguments.symbols.clone(),
        breakpoint: arguments.breakpoint.clone(),
        batch: arguments.batch.clone(),
    };
    interrupt::leave_to_others();
    let gdb = debugger.command(line.port(&arguments.vm)?, &beginning).status();
    let end = machine.end()?;
    if end.end != RunEnd::Stopped {
        eprintln!("lazaret: the machine ended before gdb did: {}", told(&end));
    }
    let gdb = gdb.with_context(|| format!("cannot start {}", debugger.program()))?;
    Ok(ExitCode::from(u8::from(arguments.batch.is_some() && !gdb.success())))
}

fn without_line(system: &Path) -> anyhow::Error {
    Problem::new(
        format!("{}: this system has no debug line", system.display()),
        "add a protection domain that runs debug-line.elf, with two rings and a channel for each VM, as\n\
         components/examples/debug.system has it",
    )
}

/// A file of this run's own.
fn console_file(workspace: &Workspace, vm: &str) -> anyhow::Result<PathBuf> {
    let folder = workspace.target().join("lazaret/debug");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder.join(format!("{vm}-{}.log", std::process::id())))
}

fn told(run: &Run) -> String {
    match &run.end {
        RunEnd::Fault(line) => format!("fault: {line}"),
        RunEnd::Ended(true) => "it was switched off".into(),
        _ => run.output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("QEMU failed").into(),
    }
}

/// The machine, beside gdb.
struct Machine {
    stop: Arc<AtomicBool>,
    watch: JoinHandle<anyhow::Result<Run>>,
}

impl Machine {
    /// `log`: where its console goes; without one, here.
    fn start(qemu: Qemu, image: PathBuf, log: Option<PathBuf>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watch = thread::spawn(move || {
            let mut watch = Watch::endless(Script::new(), stopped);
            (watch.echo, watch.log, watch.input) = (log.is_none(), log, Input::Nobody);
            watch.run(qemu.command(&image))
        });
        Self { stop, watch }
    }

    fn has_ended(&self) -> bool {
        self.watch.is_finished()
    }

    /// Ends it, if it has not ended by itself.
    fn end(self) -> anyhow::Result<Run> {
        self.stop.store(true, Relaxed);
        self.watch.join().map_err(|_| anyhow::anyhow!("the machine's thread"))?
    }
}
