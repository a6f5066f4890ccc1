// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scenarios in QEMU, each a test with a name and a time.
//!
//! A scenario fails when the kernel panics, when a protection domain faults, and when what it waits for does not
//! come in time: silence is a failure.
#![forbid(unsafe_code)]

mod bad_boot;
mod bare;
mod bench;
mod boards;
mod both_kernels;
mod card;
mod command_line;
mod console;
mod crash;
mod debian;
mod debug_line;
mod debugger;
mod differential;
mod disk;
mod domains;
mod entry;
mod gdb;
mod limits;
mod linux;
mod linux32;
mod machine;
mod monitors;
mod network;
mod odd_trees;
mod panics;
mod plain;
mod poisoned;
mod random;
mod random_systems;
mod random_vms;
mod rust_sel4;
mod sel4;
mod sel4_bad;
mod smp;
mod u_boot;
mod vgic_oracle;
mod virtio;

use std::time::Instant;

use lazaret_board::Board;
use lazaret_programs::workspace::Workspace;
use libtest_mimic::{Arguments, Failed, Trial};

type Scenario = (&'static str, fn() -> anyhow::Result<()>);

/// The board that has every scenario.
const DEFAULT_BOARD: &str = "qemu_virt_aarch64";
/// What the others are tested with. On them a scenario's name begins with the board's.
const ON_EVERY_BOARD: &[&str] = &[
    "kernel-conformance",
    "boot-bad-device-tree",
    "boot-no-root-task",
    "entry-mmu-off",
    "entry-mmu-on",
    "entry-el1",
    "entry-u-boot-go",
    "memory-too-little",
    "protection-domains",
    "bare-workout",
    "bare-two-vms",
    "debug-line",
    "bare-sweep",
    "linux-boot",
    "linux-gdb",
    "linux32-boot",
];
/// What runs with `--full`, or where the command line has a name or a part of one.
const TAKE_LONG: &[&str] = &["build-elsewhere-is-the-same", "disk-read-only", "linux-debian"];
/// What only boards that are started from a card are tested with.
const ON_CARDS: &[&str] = &["card-folder", "card-serial", "card-self-test", "u-boot-go", "u-boot-booti"];

fn main() {
    let arguments = Arguments::from_args();
    let has_time = arguments.filter.is_some() || std::env::var_os("LAZARET_FULL").is_some();
    let scenarios = [
        plain::SCENARIOS,
        panics::SCENARIOS,
        bad_boot::SCENARIOS,
        odd_trees::SCENARIOS,
        entry::SCENARIOS,
        poisoned::SCENARIOS,
        domains::SCENARIOS,
        limits::SCENARIOS,
        random_systems::SCENARIOS,
        random_vms::SCENARIOS,
        bare::SCENARIOS,
        command_line::SCENARIOS,
        console::SCENARIOS,
        monitors::SCENARIOS,
        sel4_bad::SCENARIOS,
        bench::SCENARIOS,
        differential::SCENARIOS,
        boards::SCENARIOS,
        card::SCENARIOS,
        u_boot::SCENARIOS,
        vgic_oracle::SCENARIOS,
        crash::SCENARIOS,
        linux::SCENARIOS,
        linux32::SCENARIOS,
        debian::SCENARIOS,
        debug_line::SCENARIOS,
        debugger::SCENARIOS,
        disk::SCENARIOS,
        network::SCENARIOS,
        virtio::SCENARIOS,
        smp::SCENARIOS,
    ]
    .concat();
    let boards = match std::env::var("LAZARET_TEST_BOARD") {
        Ok(board) => vec![&*board.leak()],
        Err(_) => tested_boards(),
    };
    let on = |board| scenarios.iter().filter_map(move |scenario| trial(board, *scenario, has_time));
    let trials = boards.into_iter().flat_map(on).chain(sel4::trials()).chain(rust_sel4::trials()).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// Unless `LAZARET_TEST_BOARD` names the one to test: the boards whose file says that scenarios run on them, the one that has every scenario first.
fn tested_boards() -> Vec<&'static str> {
    let folder = Workspace::find().kernel_config();
    let is_tested = |name: &String| {
        let board = Board::load(&folder, name).unwrap_or_else(|error| panic!("{error}"));
        // Boards that differ in memory only are one machine in QEMU.
        board.folder == folder.join(name) && board.qemu.is_some_and(|qemu| qemu.scenarios)
    };
    let mut names: Vec<_> = Board::names(&folder).into_iter().filter(is_tested).map(|name| &*name.leak()).collect();
    names.sort_by_key(|name| *name != DEFAULT_BOARD);
    names
}

/// A scenario on a board; `None`: it is not for that board. `has_time`: for those that take long.
fn trial(board: &'static str, (name, run): Scenario, has_time: bool) -> Option<Trial> {
    let is_default = board == DEFAULT_BOARD;
    let shown = if is_default { name.to_string() } else { format!("{board}-{name}") };
    let is_for_it =
        if is_default { !ON_CARDS.contains(&name) } else { [ON_EVERY_BOARD, ON_CARDS].concat().contains(&name) };
    let is_left_out = TAKE_LONG.contains(&name) && !has_time;
    if is_for_it && is_left_out {
        println!("  {shown}: skipped, it takes long: tools/lazaret test {shown}, or --full");
    }
    is_for_it.then(|| {
        let trial = Trial::test(shown.clone(), move || {
            machine::begin(&shown, board);
            let start = Instant::now();
            let result = run().map_err(|error| Failed::from(lazaret_diagnostic::describe(&error)));
            println!("  {shown}: {:.1} s", start.elapsed().as_secs_f32());
            result
        });
        trial.with_ignored_flag(is_left_out)
    })
}
