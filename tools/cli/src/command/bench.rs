// SPDX-License-Identifier: MIT OR Apache-2.0
//! `bench`: what exits cost, side by side.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use lazaret_bench::subject::{BOARD, Peer};

use lazaret_bench::growth::Growth;
use lazaret_bench::operations::OPERATIONS;
use lazaret_bench::profile::{self, Profile};
use lazaret_bench::steal::{DEEDS, SETTINGS, Steal};
use lazaret_bench::table::Table;
use lazaret_bench::{Bench, Subject, chart, sel4_subject};
use lazaret_build::system;
use lazaret_diagnostic::{may_write, must_end_in, write_file};
use lazaret_machine::Qemu;
use lazaret_machine::interrupt::interrupted;
use lazaret_programs::Config;
use lazaret_programs::toolchain::{Toolchain, first_line};
use lazaret_programs::workspace::Workspace;

/// `bench`
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Other hypervisors to measure in the same way
    #[arg(long, value_name = "P", value_delimiter = ',', value_enum)]
    pub peers: Vec<Peer>,
    /// QEMU's CPU; may be given more than once
    #[arg(long, value_name = "C", default_value = "cortex-a57")]
    pub cpu: Vec<String>,
    /// Write the figures there
    #[arg(long, value_name = "F")]
    pub json: Option<PathBuf>,
    /// Draw them there
    #[arg(long, value_name = "G")]
    pub svg: Option<PathBuf>,
    /// Show where the instructions of one operation go; with --svg as a flame graph
    #[arg(long, value_name = "OP", conflicts_with_all = ["peers", "json"], value_parser = PossibleValuesParser::new(OPERATIONS))]
    pub profile: Option<String>,
    /// Show how the kernel's calls grow with capabilities and with VMs; with --svg as plots
    #[arg(long, conflicts_with_all = ["peers", "profile"])]
    pub growth: bool,
    /// Show what a guest gets beside a neighbour that does this to have more than its share; without a word, beside each
    #[arg(
        long, value_name = "DEED", num_args = 0.., value_delimiter = ',', value_parser = PossibleValuesParser::new(DEEDS),
        conflicts_with_all = ["peers", "profile", "growth", "svg"]
    )]
    pub steal: Option<Vec<String>>,
    /// An installed seL4 (SEL4_PREFIX) to measure below our VMM; one with the debug shim has a column of its own
    #[arg(long, value_name = "PREFIX")]
    pub kernel: Vec<PathBuf>,
    /// An arm64 Linux kernel as KVM's host instead of Debian's
    #[arg(long, value_name = "FILE")]
    pub kvm_kernel: Option<PathBuf>,
    /// How many seconds one hypervisor may take
    #[arg(long, value_name = "S", default_value = "600")]
    pub timeout: u64,
}

/// Measures, prints, writes; exit code 1 if one of the columns is missing.
pub fn run(workspace: &Workspace, arguments: &BenchArguments) -> anyhow::Result<ExitCode> {
    check(workspace, arguments)?;
    let benches = arguments.cpu.iter().map(|cpu| Bench {
        workspace,
        cpu: cpu.clone(),
        kernels: arguments.kernel.clone(),
        kvm_kernel: arguments.kvm_kernel.clone(),
        linux: true,
        timeout: Duration::from_secs(arguments.timeout),
    });
    if let Some(op) = &arguments.profile {
        for bench in benches {
            profile_of(&bench, op, arguments)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.growth {
        for bench in benches.take_while(|_| !interrupted()) {
            growth(&bench, arguments)?;
        }
        return Ok(ExitCode::from(u8::from(interrupted())));
    }
    if let Some(deeds) = &arguments.steal {
        for bench in benches.take_while(|_| !interrupted()) {
            steal(&bench, deeds, arguments)?;
        }
        return Ok(ExitCode::from(u8::from(interrupted())));
    }
    let mut complete = true;
    let mut tables = Vec::new();
    for bench in benches.take_while(|_| !interrupted()) {
        let table = measure(&bench, arguments, &mut complete)?;
        println!("{}", table.text());
        tables.push(table);
    }
    if let Some(path) = &arguments.json {
        let mut values: Vec<_> = tables.iter().map(Table::json).collect();
        let value = if values.len() == 1 { values.remove(0) } else { values.into() };
        let text = serde_json::to_string_pretty(&value)? + "\n";
        write_file(path, text)?;
    }
    if let Some(path) = &arguments.svg {
        // One picture a CPU: the first has the name that was given.
        for (at, table) in tables.iter().enumerate() {
            let path = if at == 0 { path.clone() } else { beside(path, &table.cpu) };
            write_file(&path, chart::svg(table)?)?;
        }
    }
    Ok(ExitCode::from(u8::from(!complete)))
}

/// What is wrong with the arguments is told before anything is measured.
fn check(workspace: &Workspace, arguments: &BenchArguments) -> anyhow::Result<()> {
    arguments.svg.as_deref().map(|path| must_end_in(path, "svg")).transpose()?;
    [&arguments.json, &arguments.svg].into_iter().flatten().try_for_each(|path| may_write(path))?;
    let board = system::board(workspace, BOARD, Config::Release)?;
    arguments.cpu.iter().try_for_each(|cpu| Qemu { cpu: cpu.clone(), ..Qemu::as_described(&board)? }.must_have_cpu())
}

/// `DIR/bench.svg` becomes `DIR/bench-cortex-a72.svg`.
fn beside(path: &Path, cpu: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{cpu}.svg"))
}

/// Where the instructions of one operation go.
fn profile_of(bench: &Bench<'_>, op: &str, arguments: &BenchArguments) -> anyhow::Result<()> {
    let profile = Profile::take(bench, op)?;
    print!("{}", profile.text());
    if let Some(path) = &arguments.svg {
        write_file(path, profile.svg())?;
    }
    Ok(())
}

/// How costs grow.
fn growth(bench: &Bench<'_>, arguments: &BenchArguments) -> anyhow::Result<()> {
    let growth = Growth::take(bench)?;
    print!("{}", growth.text());
    if let Some(path) = &arguments.svg {
        write_file(path, growth.svg()?)?;
    }
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&growth.json())? + "\n";
        write_file(path, text)?;
    }
    Ok(())
}

/// What a guest can take from its neighbour.
fn steal(bench: &Bench<'_>, deeds: &[String], arguments: &BenchArguments) -> anyhow::Result<()> {
    let mut values = Vec::new();
    let wanted = |deed: &&str| deeds.is_empty() || deeds.iter().any(|word| word == deed);
    let deeds: Vec<_> = DEEDS.into_iter().filter(wanted).collect();
    for setting in SETTINGS.into_iter().take_while(|_| !interrupted()) {
        let steal = Steal::take(bench, setting, &deeds)?;
        println!("{}", steal.text());
        values.push(steal.json());
    }
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&values)? + "\n";
        write_file(path, text)?;
    }
    Ok(())
}

/// All columns that can be had; what is wrong with the others is said.
fn measure(bench: &Bench<'_>, arguments: &BenchArguments, complete: &mut bool) -> anyhow::Result<Table> {
    let kernels = arguments.kernel.iter().map(|prefix| sel4_subject(prefix));
    let peers: BTreeSet<_> = arguments.peers.iter().map(|peer| Subject::Peer(*peer)).chain(kernels).collect();
    let mut columns = Vec::new();
    for subject in std::iter::once(Subject::Lazaret).chain(peers) {
        if interrupted() {
            *complete = false;
            break;
        }
        progress(&format!("measuring {} on {} ...", subject.name(), bench.cpu));
        match bench.measure(subject) {
            Ok((measured, problems)) if interrupted() => {
                *complete = false;
                problems.iter().for_each(|error| eprintln!("{error}"));
                columns.push((subject, measured));
            }
            Ok((mut measured, mut problems)) => {
                match profile::hidden(bench, subject) {
                    Ok(hidden) => measured.hidden = hidden,
                    Err(error) => problems.push(error),
                }
                *complete &= problems.is_empty();
                problems.iter().for_each(|error| eprintln!("{}", lazaret_diagnostic::describe(error)));
                columns.push((subject, measured));
            }
            Err(error) => {
                *complete = false;
                eprintln!("{}", lazaret_diagnostic::describe(&error));
            }
        }
    }
    let program = bench.qemu()?.program;
    let qemu = first_line(Command::new(&program).arg("--version")).unwrap_or(program);
    let compiler = Toolchain::detect()?.version();
    Ok(Table { cpu: bench.cpu.clone(), qemu, compiler, columns })
}

/// For people who wait.
fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("{text}");
    }
}
