// SPDX-License-Identifier: MIT OR Apache-2.0
//! Building a system and watching it run.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use lazaret_build::{Built, Request, system};
use lazaret_machine::{Qemu, Run, Script, Watch};
use lazaret_programs::workspace::Workspace;

thread_local! {
    /// The board that this thread's scenario runs on.
    static BOARD: Cell<&'static str> = const { Cell::new(crate::DEFAULT_BOARD) };
}

/// A CPU that has AArch32 at EL0 only.
pub const WITHOUT_AARCH32: &str = "cortex-a76";

/// From here on, this thread's scenario runs on that board.
pub fn set_board(name: &'static str) {
    BOARD.set(name);
}

/// The board that this thread's scenario runs on.
pub fn board() -> &'static str {
    BOARD.get()
}

/// One of the descriptions in `tests/systems`.
pub fn description(name: &str) -> PathBuf {
    Workspace::find().test_system(name)
}

/// The default system's description.
pub fn default_description() -> PathBuf {
    Workspace::find().root().join("system.xml")
}

/// Builds a description for the scenario's board.
pub fn build(request: &Request) -> anyhow::Result<Built> {
    system::build(&Workspace::find(), &Request { board: board().into(), ..request.clone() })
}

/// Builds one of the descriptions here and follows a script to its end.
pub fn run(name: &str, script: Script, seconds: u64) -> anyhow::Result<Run> {
    run_built(&build(&Request::new(description(name)))?, script, seconds)
}

/// The same on another CPU.
pub fn run_on(cpu: &str, name: &str, script: Script, seconds: u64) -> anyhow::Result<Run> {
    let built = build(&Request::new(description(name)))?;
    follow(&built, Qemu { cpu: cpu.into(), ..Qemu::of(&Workspace::find(), &built.board)? }, script, seconds)
}

/// The same on a machine whose clock counts instructions, however fast the host is.
pub fn run_counted(built: &Built, script: Script, seconds: u64) -> anyhow::Result<Run> {
    follow(built, Qemu { icount: true, ..Qemu::of(&Workspace::find(), &built.board)? }, script, seconds)
}

/// Follows a script to its end.
pub fn run_built(built: &Built, script: Script, seconds: u64) -> anyhow::Result<Run> {
    follow(built, Qemu::of(&Workspace::find(), &built.board)?, script, seconds)
}

/// Follows a script to its end, on this machine.
pub fn follow(built: &Built, qemu: Qemu, script: Script, seconds: u64) -> anyhow::Result<Run> {
    let run = Watch::script(script, Duration::from_secs(seconds)).run(qemu.command(&built.path))?;
    run.expect_seen()?;
    Ok(run)
}
