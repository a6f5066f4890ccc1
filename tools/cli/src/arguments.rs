// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::command::audit::AuditArguments;
use crate::command::bench::BenchArguments;
use crate::command::build::BuildArguments;
use crate::command::check::CheckArguments;
use crate::command::debug::DebugArguments;
use crate::command::disk::DiskArguments;
use crate::command::docs::DocsArguments;
use crate::command::graph::GraphArguments;
use crate::command::inject::InjectArguments;
use crate::command::pack::PackArguments;
use crate::command::run::RunArguments;
use crate::command::shim::ShimArguments;
use crate::command::test::TestArguments;
use crate::command::trace::TraceArguments;
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
    /// Start a system, and a debugger for one of its virtual machines
    Debug(DebugArguments),
    /// Inject faults into a virtual machine's monitor, guest and kernel, and see whether another one can tell
    Inject(InjectArguments),
    /// Make a disk image with a Debian on it, for a virtual machine to start from
    Disk(DiskArguments),
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
    /// The kernel's configuration; unless it is given, release for what build makes, debug for everything else
    #[arg(long, value_enum)]
    pub config: Option<Config>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
