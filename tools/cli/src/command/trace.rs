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
use lazaret_diagnostic::Problem;
use lazaret_machine::{Monitor, RunEnd, Script, Watch};
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
    /// Read these copies of regions and run nothing
    #[arg(long, value_name = "FILE")]
    pub from: Vec<PathBuf>,
}

/// Shows counters and the last exits of each VM, and writes the timeline.
pub fn run(workspace: &Workspace, arguments: &TraceArguments) -> anyhow::Result<ExitCode> {
    let traces = match &arguments.from[..] {
        [] => record(workspace, arguments)?,
        files => files.iter().map(read).collect::<anyhow::Result<_>>()?,
    };
    for trace in &traces {
        println!("{}\n{}", Counters(trace), Table(trace, arguments.last));
    }
    if let Some(file) = &arguments.output {
        std::fs::write(file, lazaret_trace::timeline(&traces).to_string())
            .with_context(|| file.display().to_string())?;
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
    let built = system::build(workspace, &arguments.source.request(workspace))?;
    let mut qemu = arguments.qemu.qemu(workspace, &built.board)?;
    let copies = copies(&built)?;
    let folder = Folder::new()?;
    let monitor = Monitor::of(&mut qemu, &folder.0);
    let has_end = until.is_some();
    let script = until.into_iter().fold(Script::new(), Script::until);
    let mut watch = Watch::script(script, Duration::from_secs(arguments.timeout));
    (watch.echo, watch.stop_when_done) = (true, has_end);
    let saved = copies.clone();
    watch.at_end = Some(Box::new(move || monitor.save(&saved)));
    let run = watch.run(qemu.command(&built.path))?;
    match run.end {
        RunEnd::Seen => {}
        // Without a pattern that is how it ends.
        RunEnd::TimedOut(_) if !has_end => {}
        end => eprintln!("\nlazaret: {end:?}"),
    }
    println!();
    copies.iter().map(|(_, _, file)| read(file)).collect()
}

/// Physical address, size and file of each trace, which goes beside the image.
fn copies(built: &Built) -> anyhow::Result<Vec<(u64, u64, PathBuf)>> {
    let regions = lazaret_trace::regions(&built.plan);
    if regions.is_empty() {
        let help = format!(
            "a VMM records into a region NAME{} with a setvar region_paddr, see system.xml",
            lazaret_trace::SUFFIX
        );
        return Err(Problem::new("this description has no region for traces", help));
    }
    let file = |name: &str| built.path.with_file_name(format!("{name}.trace"));
    let copies: Vec<_> = regions.into_iter().map(|(name, paddr, size)| (paddr, size, file(&name))).collect();
    // An old one must not be taken for a new one.
    copies.iter().for_each(|(_, _, file)| _ = std::fs::remove_file(file));
    Ok(copies)
}

/// For the socket, whose path has to be short; gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("lazaret-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
