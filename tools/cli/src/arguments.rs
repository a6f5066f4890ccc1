// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use lazaret_bench::subject::Peer;
use lazaret_programs::Config;

/// Builds, runs and tests systems of isolated virtual machines.
#[derive(Debug, Parser)]
#[command(name = "lazaret", bin_name = "tools/lazaret", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the image and start it in QEMU (ctrl-a x ends it)
    Run(RunArguments),
    /// Build the image, its report and QEMU's command line
    Build(BuildArguments),
    /// Validate the system description
    Check(CheckArguments),
    /// Run the tests: host, then QEMU
    Test(TestArguments),
    /// Count what exits cost, under Lazaret and other hypervisors
    Bench(BenchArguments),
    /// Boot the system and compare every capability with what the description grants
    Audit(AuditArguments),
    /// Draw components, capabilities, memory and channels
    Graph(GraphArguments),
    /// Write a document that is made from the source
    Docs(DocsArguments),
    /// Run a system and show why its guests stopped: counters, the last exits, a timeline for Perfetto
    Trace(TraceArguments),
    /// Inject faults into a virtual machine's monitor, guest and kernel, and see whether another one can tell
    Inject(InjectArguments),
    /// Build the debug shim as a library for seL4's own kernel
    Shim(ShimArguments),
    /// List what is installed, what is missing, and how to get it
    Doctor,
    /// Pack a kernel and a root task by hand
    Pack(PackArguments),
}

/// Which system.
#[derive(Debug, Clone, Args)]
pub struct SystemArguments {
    /// A folder of kernel-config
    #[arg(long, default_value = "qemu_virt_aarch64")]
    pub board: String,
    /// The kernel's configuration
    #[arg(long, value_enum, default_value = "debug")]
    pub config: Config,
    /// The system description
    #[arg(long, value_name = "F")]
    pub system: Option<PathBuf>,
    /// Look for programs and guest files there as well
    #[arg(long, value_name = "DIR")]
    pub search_path: Vec<PathBuf>,
}

/// Which system, for building.
#[derive(Debug, Clone, Args)]
pub struct SourceArguments {
    /// Which system.
    #[command(flatten)]
    pub system: SystemArguments,
    /// An arm64 Linux kernel instead of Debian's
    #[arg(long, value_name = "FILE")]
    pub guest_kernel: Option<PathBuf>,
    /// An installed seL4 (SEL4_PREFIX) instead of our kernel
    #[arg(long, value_name = "PREFIX")]
    pub kernel: Option<PathBuf>,
    /// On a kernel that does not switch debug registers, start several VMs all the same
    #[arg(long)]
    pub allow_shared_debug: bool,
}

/// How to run.
#[derive(Debug, Clone, Default, Args)]
pub struct QemuArguments {
    /// Another CPU: cortex-a53, cortex-a57, cortex-a72
    #[arg(long)]
    pub cpu: Option<String>,
    /// Every run takes the same course: one instruction a nanosecond
    #[arg(long)]
    pub icount: bool,
}

/// `run`
#[derive(Debug, Args)]
pub struct RunArguments {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// How to run it.
    #[command(flatten)]
    pub qemu: QemuArguments,
    /// End with success when this regular expression is seen in a line; several are waited for one after the other
    #[arg(long, value_name = "REGEX")]
    pub until: Vec<String>,
    /// End with failure after that many seconds
    #[arg(long, value_name = "S")]
    pub timeout: Option<u64>,
    /// A serial device: watch a real board's console there, and start nothing; another file: write the console's
    /// output there as well
    #[arg(long, value_name = "DEV|FILE")]
    pub serial: Option<PathBuf>,
    /// Start this image and build nothing
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
}

/// `build`
#[derive(Debug, Args)]
pub struct BuildArguments {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// The folder for image, report and command line; for a real board, to be copied onto a card
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Instead of a system a self-test for the first run on a board, which prints PASS or FAIL of each check
    #[arg(long)]
    pub selftest: bool,
    /// Write into a card's folder that is there already
    #[arg(long)]
    pub force: bool,
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The system description
    pub file: Option<PathBuf>,
    /// Which system.
    #[command(flatten)]
    pub system: SystemArguments,
    /// The verdict as JSON
    #[arg(long)]
    pub json: bool,
    /// Do not look for the files that it names
    #[arg(long)]
    pub no_files: bool,
}

/// `test`
#[derive(Debug, Args)]
pub struct TestArguments {
    /// Only tests whose name contains this
    pub filter: Option<String>,
    /// Only the scenarios in QEMU, on this board, instead of everything on every tested board
    #[arg(long)]
    pub board: Option<String>,
    /// Only what takes seconds
    #[arg(long)]
    pub quick: bool,
    /// All mutants, the model thirty times as far, every syndrome
    #[arg(long)]
    pub full: bool,
    /// An installed seL4 (SEL4_PREFIX): what must be the same on it is tried on it as well
    #[arg(long, value_name = "PREFIX")]
    pub kernel: Option<PathBuf>,
}

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
    #[arg(long, value_name = "OP", conflicts_with_all = ["peers", "json"])]
    pub profile: Option<String>,
    /// Show how the kernel's calls grow with capabilities and with VMs; with --svg as plots
    #[arg(long, conflicts_with_all = ["peers", "profile"])]
    pub growth: bool,
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

/// `audit`
#[derive(Debug, Args)]
pub struct AuditArguments {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// How to run it.
    #[command(flatten)]
    pub qemu: QemuArguments,
    /// Give the first protection domain a capability that the description does not name (a test of the audit)
    #[arg(long, hide = true)]
    pub plant_capability: bool,
}

/// `graph`
#[derive(Debug, Args)]
pub struct GraphArguments {
    /// Which system.
    #[command(flatten)]
    pub system: SystemArguments,
    /// The picture
    #[arg(short, long, value_name = "F.svg")]
    pub output: PathBuf,
}

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

/// Which document.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Document {
    /// Every trapped debug register: access, reset, mask, what happens, and the test of its isolation
    Traps,
    /// The C header of the debug shim as a library for seL4's own kernel
    ShimHeader,
}

/// `docs`
#[derive(Debug, Args)]
pub struct DocsArguments {
    /// Which one
    #[arg(value_enum)]
    pub document: Document,
    /// The file, instead of standard output
    #[arg(short, long, value_name = "F")]
    pub output: Option<PathBuf>,
}

/// `inject`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub struct InjectArguments {
    /// Instead of running.
    #[command(subcommand)]
    pub command: Option<InjectCommand>,
    /// How many runs
    #[arg(long, value_name = "N", default_value = "500")]
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
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
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
        #[arg(long, value_name = "N", default_value = "200")]
        kills: u64,
    },
    /// Kill the monitor at one instruction after the other of each kind of exit
    CrashPoints {
        /// Only at every n-th instruction
        #[arg(long, value_name = "N", default_value = "1")]
        stride: usize,
        /// From this one
        #[arg(long, value_name = "N", default_value = "0")]
        first: usize,
    },
}

/// `shim`
#[derive(Debug, Args)]
pub struct ShimArguments {
    /// The folder for library, header and description
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// `pack`
#[derive(Debug, Args)]
pub struct PackArguments {
    /// The kernel's ELF file
    #[arg(long, value_name = "ELF")]
    pub kernel: PathBuf,
    /// The root task's ELF file
    #[arg(long, value_name = "ELF")]
    pub root_task: PathBuf,
    /// The system specification
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The image
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
