// SPDX-License-Identifier: MIT OR Apache-2.0
//! `trace`: runs a system, then shows what its guests' exits were.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use regex::Regex;

use crate::arguments::{QemuArguments, SourceArguments};
use lazaret_build::{Built, system};
use lazaret_diagnostic::{Problem, may_write, write_file};
use lazaret_machine::{Monitor, Patience, PrivateFolder, RunEnd, Script, Watch};
use lazaret_programs::workspace::Workspace;
use lazaret_trace::{Counters, Table, Trace};

/// `trace`
#[derive(Debug, Args)]
pub struct TraceArguments {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// How to run it.
    #[command(flatten)]
    pub qemu: QemuArguments,
    /// Look when this regular expression is seen in a line
    #[arg(long, value_name = "REGEX")]
    pub until: Option<String>,
    /// Look after that many seconds at the latest
    #[arg(long, value_name = "S", default_value_t = 60)]
    pub timeout: u64,
    /// So many of the last exits
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub last: usize,
    /// Write the timeline there (Trace Event Format)
    #[arg(short, long, value_name = "F.json")]
    pub output: Option<PathBuf>,
    /// Read these copies of regions (pmemsave of QEMU's monitor makes them) and run nothing
    #[arg(long, value_name = "FILE")]
    pub from: Vec<PathBuf>,
}

/// Shows counters and the last exits of each VM, and writes the timeline.
pub fn run(workspace: &Workspace, arguments: &TraceArguments) -> anyhow::Result<ExitCode> {
    arguments.output.as_deref().map(may_write).transpose()?;
    let traces = match &arguments.from[..] {
        [] => record(workspace, arguments)?,
        files => files.iter().map(read).collect::<anyhow::Result<_>>()?,
    };
    for trace in &traces {
        println!("{}\n{}", Counters(trace), Table(trace, arguments.last));
    }
    if let Some(file) = &arguments.output {
        write_file(file, lazaret_trace::timeline(&traces).to_string())?;
        println!("{}: for https://ui.perfetto.dev", file.display());
    }
    Ok(ExitCode::from(u8::from(traces.iter().all(|trace| trace.written == 0))))
}

fn read(file: &PathBuf) -> anyhow::Result<Trace> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    Trace::read(&bytes).with_context(|| file.display().to_string())
}

/// Builds, runs until the pattern or the time-out, copies the regions out of the machine.
fn record(workspace: &Workspace, arguments: &TraceArguments) -> anyhow::Result<Vec<Trace>> {
    let until = arguments.until.as_deref().map(Regex::new).transpose().context("--until")?;
    let request = arguments.qemu.request(workspace, arguments.source.request(workspace))?;
    let built = system::build(workspace, &request)?;
    built.will_not_start.iter().for_each(|why| eprintln!("lazaret: {why}"));
    let mut qemu = arguments.qemu.qemu_for(workspace, &built)?;
    let folder = PrivateFolder::new()?;
    let copies = copies(&built, &folder)?;
    let monitor = Monitor::of(&mut qemu, folder.path());
    let has_end = until.is_some();
    let script = until.into_iter().fold(Script::new(), Script::until);
    let mut watch = Watch::script(script, Duration::from_secs(arguments.timeout));
    (watch.echo, watch.stop_when_done) = (true, has_end);
    watch.patience = Some(Patience::Clock(Duration::from_secs(arguments.timeout)));
    let saved = copies.clone();
    watch.at_end = Some(Box::new(move || monitor.save(&saved)));
    let run = watch.run(qemu.command(&built.path))?;
    match run.end {
        RunEnd::Seen => {}
        // Without a pattern that is how it ends.
        RunEnd::TimedOut(_) if !has_end => {}
        RunEnd::Interrupted => eprintln!("\nlazaret: interrupted; what was recorded so far:"),
        end => eprintln!("\nlazaret: {end:?}"),
    }
    println!();
    let begun = copies.iter().filter_map(|(_, _, file)| match read(file) {
        Ok(trace) => Some(trace),
        Err(error) => {
            eprintln!("lazaret: a region for traces was not used: {:#}", error.root_cause());
            None
        }
    });
    Ok(begun.collect())
}

/// Physical address, size and file of each trace. The files are numbered: a region may be called anything.
fn copies(built: &Built, folder: &PrivateFolder) -> anyhow::Result<Vec<(u64, u64, PathBuf)>> {
    let regions = lazaret_trace::regions(&built.plan);
    if regions.is_empty() {
        let help = format!(
            "a VMM records into a region NAME{} with a setvar region_paddr, see system.xml",
            lazaret_trace::SUFFIX
        );
        return Err(Problem::new("this description has no region for traces", help));
    }
    let copy = |(number, (_, paddr, size))| (paddr, size, folder.join(&format!("{number}.trace")));
    Ok(regions.into_iter().enumerate().map(copy).collect())
}
