// SPDX-License-Identifier: MIT OR Apache-2.0
//! Building a system and watching it run.

use std::path::PathBuf;
use std::time::Duration;

use lazaret_cli::runner::{Qemu, Run, Script, Watch};
use lazaret_cli::system::{self, Built, Request};
use lazaret_cli::workspace::Workspace;

/// One of the descriptions in `systems`.
pub fn description(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("systems").join(format!("{name}.system"))
}

/// The default system's description.
pub fn default_description() -> PathBuf {
    Workspace::find().root().join("system.xml")
}

/// Builds a description.
pub fn build(request: &Request) -> anyhow::Result<Built> {
    system::build(&Workspace::find(), request)
}

/// Builds one of the descriptions here and follows a script to its end.
pub fn run(name: &str, script: Script, seconds: u64) -> anyhow::Result<Run> {
    run_built(&build(&Request::new(description(name)))?, script, seconds)
}

/// The same on another CPU.
pub fn run_on(cpu: &str, name: &str, script: Script, seconds: u64) -> anyhow::Result<Run> {
    let built = build(&Request::new(description(name)))?;
    follow(&built, Qemu { cpu: cpu.into(), ..Qemu::load(&built.board.folder)? }, script, seconds)
}

/// Follows a script to its end.
pub fn run_built(built: &Built, script: Script, seconds: u64) -> anyhow::Result<Run> {
    follow(built, Qemu::load(&built.board.folder)?, script, seconds)
}

fn follow(built: &Built, qemu: Qemu, script: Script, seconds: u64) -> anyhow::Result<Run> {
    let run = Watch::script(script, Duration::from_secs(seconds)).run(qemu.command(&built.path))?;
    run.expect_seen()?;
    Ok(run)
}
