// SPDX-License-Identifier: MIT OR Apache-2.0
//! `audit`: boots the system and compares every capability with the plan.

use std::process::ExitCode;
use std::time::Duration;

use crate::arguments::{QemuArguments, SourceArguments};
use clap::Args;
use lazaret_audit::Audit;
use lazaret_build::target::Target;
use lazaret_build::{Request, system};
use lazaret_diagnostic::Problem;
use lazaret_machine::{Script, Watch};
use lazaret_programs::Config;
use lazaret_programs::workspace::Workspace;

/// `audit`
#[derive(Debug, Args)]
pub struct AuditArguments {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArguments,
    /// How to run it.
    #[command(flatten)]
    pub qemu: QemuArguments,
    /// What is held and what differs as JSON
    #[arg(long)]
    pub json: bool,
    /// Give the first protection domain a capability that the description does not name (a test of the audit)
    #[arg(long, hide = true)]
    pub plant_capability: bool,
}

const TIMEOUT: Duration = Duration::from_secs(120);

/// Prints who holds what; exit code 1 if that is not what the description says.
pub fn run(workspace: &Workspace, arguments: &AuditArguments) -> anyhow::Result<ExitCode> {
    let mut request = arguments.source.request(workspace);
    request.plant_capability = arguments.plant_capability;
    let audit = boot(workspace, &request, &arguments.qemu)?;
    let differences = audit.differences();
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&audit.json())?);
    } else {
        println!("{audit}");
        differences.iter().for_each(|difference| eprintln!("{difference}"));
        println!("{}", audit.verdict());
    }
    Ok(ExitCode::from(u8::from(!differences.is_empty())))
}

/// The root task tells who holds what by the kernel's console, which only a debug build has.
fn can_speak(workspace: &Workspace, request: &Request) -> anyhow::Result<()> {
    let config = Target::of(workspace, request)?.board.config;
    if config != Config::Release.name() {
        return Ok(());
    }
    let help = "a debug kernel of the same configuration has the same capabilities: audit on that one";
    Err(Problem::new("audit: a release kernel prints nothing, and the list is printed by it", help))
}

/// Builds, boots, and reads the list.
pub fn boot(workspace: &Workspace, request: &Request, qemu: &QemuArguments) -> anyhow::Result<Audit> {
    let request = qemu.request(workspace, Request { audit: true, ..request.clone() })?;
    can_speak(workspace, &request)?;
    let built = system::build(workspace, &request)?;
    let qemu = qemu.qemu_for(workspace, &built)?;
    let watch = Watch::script(Script::new().expect(r"AUDIT end caps=\d"), TIMEOUT);
    let run = watch.run(qemu.command(&built.path))?;
    run.expect_seen()?;
    Ok(Audit::compare(&built.plan, &run.output))
}
