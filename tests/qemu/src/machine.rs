// SPDX-License-Identifier: MIT OR Apache-2.0
//! Building a system and watching it run.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use lazaret_board::Board;
use lazaret_build::{Built, Request, system};
use lazaret_machine::{Clock, Qemu, Run, Script, Watch};
use lazaret_programs::workspace::Workspace;

thread_local! {
    /// The board that this thread's scenario runs on.
    static BOARD: Cell<&'static str> = const { Cell::new(crate::DEFAULT_BOARD) };
    /// This thread's scenario, by the name that is shown.
    static SCENARIO: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A CPU that has AArch32 at EL0 only.
pub const WITHOUT_AARCH32: &str = "cortex-a76";

/// From here on, this thread runs that scenario, on that board.
pub fn begin(scenario: &str, board: &'static str) {
    SCENARIO.set(scenario.into());
    BOARD.set(board);
}

/// A folder of the scenario's own: others run beside it. What was in it before is gone.
pub fn new_folder() -> anyhow::Result<PathBuf> {
    let name = SCENARIO.with_borrow(Clone::clone);
    anyhow::ensure!(!name.is_empty(), "no scenario runs on this thread");
    let folder = Workspace::find().target().join("lazaret/scenarios").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
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

/// QEMU for a board. Its time is that of instructions: whatever else the host does, a budget that suffices always does.
/// But on a board of several cores, whose instructions would all count: those that nobody starts spin.
pub fn qemu(board: &Board) -> anyhow::Result<Qemu> {
    let clock = if board.name == crate::DEFAULT_BOARD { Clock::Instructions(0) } else { Clock::Host };
    Ok(Qemu { clock, ..Qemu::of(&Workspace::find(), board)? })
}

/// The same for a seL4, which counts by the frequency that it was built for: its time is the host's.
pub fn qemu_for_sel4(board: &Board) -> anyhow::Result<Qemu> {
    Qemu::of(&Workspace::find(), board)
}

/// Builds one of the descriptions here and follows a script to its end.
pub fn run(name: &str, script: Script, seconds: u64) -> anyhow::Result<Run> {
    run_built(&build(&Request::new(description(name)))?, script, seconds)
}

/// The same on another CPU.
pub fn run_on(cpu: &str, name: &str, script: Script, seconds: u64) -> anyhow::Result<Run> {
    let built = build(&Request::new(description(name)))?;
    follow(&built, Qemu { cpu: cpu.into(), ..qemu(&built.board)? }, script, seconds)
}

/// The same where a wait for a timer takes no time.
pub fn run_counted(built: &Built, script: Script, seconds: u64) -> anyhow::Result<Run> {
    follow(built, Qemu { clock: Clock::Repeatable, ..qemu(&built.board)? }, script, seconds)
}

/// Follows a script to its end.
pub fn run_built(built: &Built, script: Script, seconds: u64) -> anyhow::Result<Run> {
    follow(built, qemu(&built.board)?, script, seconds)
}

/// Follows a script to its end, on this machine.
pub fn follow(built: &Built, qemu: Qemu, script: Script, seconds: u64) -> anyhow::Result<Run> {
    let run = Watch::script(script, Duration::from_secs(seconds)).run(qemu.command(&built.path))?;
    run.expect_seen()?;
    Ok(run)
}
