// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the guest can be asked to do.

mod assault;
mod attack;
mod bench;
mod breakpoint;
mod calls;
mod channel;
mod controller;
mod crash;
mod devices;
mod differential;
mod exits;
mod identity;
mod interrupts;
mod kdb;
mod leak;
mod lock;
mod neighbour;
mod prompt;
mod readback;
mod step;
mod sweep;
mod switch;
mod undefined;
mod victim;
mod virtio;
mod watchpoint;

use core::sync::atomic::AtomicU64;

use crate::options::{Mode, Options};
use crate::pattern::Kind;
use crate::runtime::{console::println, debug, report};

/// What watchpoints watch.
static WATCHED: AtomicU64 = AtomicU64::new(0);

/// Runs the mode and prints the last line.
pub fn run(options: &Options<'_>) {
    if !matches!(options.mode, Mode::Idle | Mode::Bench | Mode::Growth | Mode::Trace | Mode::Switch | Mode::Workout) {
        debug::reset();
    }
    let (breakpoints, watchpoints) = (debug::count(Kind::Bvr), debug::count(Kind::Wvr));
    println!("guest {}: {breakpoints} breakpoints, {watchpoints} watchpoints", options.id);
    let name = match options.mode {
        Mode::Workout => workout(options.pattern),
        Mode::Attack => assault::run(),
        Mode::Leak => leak::run(options),
        Mode::Idle => exits::idle(options.exits),
        Mode::Armed => exits::armed(options.exits),
        Mode::Sweep => sweep::run(options),
        Mode::Differential => differential::run(),
        Mode::Bench => bench::run(),
        Mode::Growth => bench::growth(),
        Mode::Switch => switch::run(options),
        Mode::Trace => bench::trace(options),
        Mode::Crash => crash::run(options),
        Mode::Devices => devices::run(),
        Mode::Interrupts => interrupts::run_programs(options),
        Mode::Victim => victim::run(options),
        Mode::Neighbour => neighbour::run(options),
        Mode::Controller => controller::run(),
        Mode::Calls => calls::run(),
        Mode::Prompt => prompt::run(),
        Mode::Kdb => kdb::run(),
        Mode::Ticks => prompt::ticks(options.rounds),
        Mode::Virtio => virtio::run(options),
    };
    report::finish(name);
}

fn workout(pattern: u16) -> &'static str {
    // First: no debug register has been written yet, so all of them trap.
    channel::run();
    readback::run(pattern);
    lock::run();
    breakpoint::run();
    watchpoint::run();
    step::run();
    undefined::run();
    identity::run();
    "workout"
}
