// SPDX-License-Identifier: MIT OR Apache-2.0
//! `inject`: a campaign of faults, or the shards of one together.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, value_parser};

use lazaret_diagnostic::{Problem, may_write, write_file};
use lazaret_inject::page;
use lazaret_inject::result::{Campaign, is_forbidden};
use lazaret_machine::interrupt::interrupted;
use lazaret_programs::workspace::Workspace;

/// `inject`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub struct InjectArguments {
    /// Instead of running.
    #[command(subcommand)]
    pub command: Option<InjectCommand>,
    /// How many runs
    #[arg(long, value_name = "N", default_value = "500", value_parser = value_parser!(u64).range(1..))]
    pub runs: u64,
    /// What all runs follow from
    #[arg(long, value_name = "S", default_value = "1")]
    pub seed: u64,
    /// Only every n-th run, from the i-th (from 0): a part of the campaign for each of several machines
    #[arg(long, value_name = "i/n")]
    pub shard: Option<String>,
    /// Only this run, with its output
    #[arg(long, value_name = "NUMBER")]
    pub only: Option<u64>,
    /// QEMUs at the same time [default: 2]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// A report to look at
    #[arg(long, value_name = "F.html", global = true)]
    pub report: Option<PathBuf>,
    /// The results: runs, seed, a count for each class, forbidden
    #[arg(long, value_name = "F", global = true)]
    pub json: Option<PathBuf>,
}

/// What to do instead of running.
#[derive(Debug, Subcommand)]
pub enum InjectCommand {
    /// Put the results of several shards together
    Merge {
        /// Files of `--json`
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Kill a Linux's monitor at random instructions, from its boot to its power-off
    Linux {
        /// How often
        #[arg(long, value_name = "N", default_value = "200", value_parser = value_parser!(u64).range(1..))]
        kills: u64,
        /// One with four vCPUs, which debugs on two of them at once, and turns them off and on
        #[arg(long)]
        smp: bool,
    },
    /// Kill a Linux's monitor and its disk's driver at random instructions while it writes its disk and reads it back
    Disk {
        /// How often, if Linux is not done before
        #[arg(long, value_name = "N", default_value = "200", value_parser = value_parser!(u64).range(1..))]
        kills: u64,
    },
    /// Kill a Linux's monitor and the switch at random instructions while it sends bytes to somebody who sends them back
    Network {
        /// How often, if Linux is not done before
        #[arg(long, value_name = "N", default_value = "200", value_parser = value_parser!(u64).range(1..))]
        kills: u64,
    },
    /// Kill the monitor at one instruction after the other of each kind of exit
    CrashPoints {
        /// Only at every n-th instruction
        #[arg(long, value_name = "N", default_value = "1", value_parser = value_parser!(u32).range(1..))]
        stride: u32,
        /// From this one
        #[arg(long, value_name = "N", default_value = "0")]
        first: u32,
    },
}

/// Exit code 1 when an outcome is forbidden, or a run could not be done.
pub fn run(workspace: &Workspace, arguments: &InjectArguments) -> anyhow::Result<ExitCode> {
    [&arguments.json, &arguments.report].into_iter().flatten().try_for_each(|path| may_write(path))?;
    if let Some(InjectCommand::CrashPoints { stride, first }) = arguments.command {
        return crash_points(workspace, stride as usize, first as usize);
    }
    if let Some(InjectCommand::Linux { kills, smp }) = arguments.command {
        return linux(workspace, smp, kills, arguments.seed);
    }
    if let Some(InjectCommand::Disk { kills }) = arguments.command {
        return disk(workspace, kills, arguments.seed);
    }
    if let Some(InjectCommand::Network { kills }) = arguments.command {
        return network(workspace, kills, arguments.seed);
    }
    let mut failed = Vec::new();
    let campaign = match (&arguments.command, arguments.only) {
        (Some(InjectCommand::Merge { files }), _) => merge(files)?,
        (_, Some(number)) => {
            let (row, output) = lazaret_inject::replay(workspace, arguments.seed, number)?;
            println!("{output}");
            println!("run {number}, {:?}: {}: {}", row.kind, row.detail, row.outcome.name());
            Campaign::new(arguments.seed, vec![row])
        }
        (_, None) => {
            let numbers = lazaret_inject::shard(arguments.runs, arguments.shard.as_deref())?;
            let (campaign, errors) =
                lazaret_inject::run(workspace, arguments.seed, &numbers, arguments.jobs.map(usize::from))?;
            failed = errors;
            campaign
        }
    };
    if let Some(path) = &arguments.json {
        write_file(path, serde_json::to_string_pretty(&campaign)? + "\n")?;
    }
    if let Some(path) = &arguments.report {
        write_file(path, page(&campaign))?;
    }
    for (what, classes) in [("", &campaign.classes), ("kernel flips: ", &campaign.kernel)] {
        let counts: Vec<_> = classes.iter().filter(|(_, count)| **count > 0).map(|(n, c)| format!("{c} {n}")).collect();
        println!("{what}{}", counts.join(", "));
    }
    for row in campaign.rows.iter().filter(|row| is_forbidden(row)) {
        println!("forbidden: {} ({:?}: {}): {}", row.outcome.name(), row.kind, row.detail, campaign.replay(row));
    }
    failed.iter().for_each(|error| println!("not done: {error:#}"));
    if interrupted() {
        println!("interrupted before all runs were done");
    }
    println!("{} runs, seed {}, {} forbidden", campaign.runs, campaign.seed, campaign.forbidden);
    Ok(ExitCode::from(u8::from(campaign.forbidden > 0 || !failed.is_empty() || interrupted())))
}

fn crash_points(workspace: &Workspace, stride: usize, first: usize) -> anyhow::Result<ExitCode> {
    let points = lazaret_inject::points::run(workspace, stride, first)?;
    println!("{:>6} {:>6} {:>6}  kind of exit", "instr.", "killed", "missed");
    for (name, kind) in &points.kinds {
        let open = if kind.is_complete() { "" } else { " (not to its end)" };
        println!("{:6} {:6} {:6}  {name}{open}", kind.instructions(), kind.kills, kind.missed);
    }
    points.differ.iter().for_each(|(is, should)| println!("--- is\n{is}--- should be\n{should}"));
    if !points.differ.is_empty() {
        println!("{}", points.kernel);
    }
    let complete = points.kinds.values().filter(|kind| kind.is_complete()).count();
    let (kinds, differ) = (points.kinds.len(), points.differ.len());
    println!("{kinds} kinds of exit ({complete} to their end), {} crash points, {differ} differ", points.total());
    Ok(ExitCode::from(u8::from(differ > 0 || points.total() == 0 || interrupted())))
}

fn linux(workspace: &Workspace, smp: bool, wanted: u64, seed: u64) -> anyhow::Result<ExitCode> {
    let lazaret_inject::linux::Kills { kills, differ, lines } =
        lazaret_inject::linux::run(workspace, smp, wanted, seed)?;
    differ.iter().for_each(|line| println!("{line}"));
    println!("{kills} kills, {lines} lines of both guests, {} differ", differ.len());
    Ok(ExitCode::from(u8::from(!differ.is_empty() || kills < wanted)))
}

fn disk(workspace: &Workspace, wanted: u64, seed: u64) -> anyhow::Result<ExitCode> {
    let lazaret_inject::disk::Kills { kills: [vmm, driver], missed, differ, rounds } =
        lazaret_inject::disk::run(workspace, wanted, seed)?;
    missed.iter().for_each(|round| println!("round {round}: Linux does not find what it wrote"));
    differ.iter().for_each(|round| println!("round {round}: the image has something else"));
    let wrong = missed.len() + differ.len();
    println!("{vmm} kills of the VMM, {driver} of the driver, {rounds} rounds of 64 KiB, {wrong} wrong");
    Ok(ExitCode::from(u8::from(wrong > 0 || vmm == 0 || driver == 0)))
}

fn network(workspace: &Workspace, wanted: u64, seed: u64) -> anyhow::Result<ExitCode> {
    let lazaret_inject::network::Kills { kills: [vmm, switch], missed, rounds } =
        lazaret_inject::network::run(workspace, wanted, seed)?;
    missed.iter().for_each(|round| println!("round {round}: its bytes do not come back"));
    let broken = missed.len();
    println!(
        "{vmm} kills of the VMM, {switch} of the switch, {rounds} connections of 64 KiB each way, {broken} broken"
    );
    Ok(ExitCode::from(u8::from(broken > 0 || vmm == 0 || switch == 0)))
}

fn merge(files: &[std::path::PathBuf]) -> anyhow::Result<Campaign> {
    let read = |path: &std::path::PathBuf| -> anyhow::Result<Campaign> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    };
    let shards = files.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    Campaign::merge(shards).map_err(|what| Problem::new(what, "merge each shard of one campaign once"))
}
