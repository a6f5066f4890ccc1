// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the guest can be asked to do.

mod calls;
mod conditional;
mod devices;
mod differential;
mod events;
mod leak;
mod readback;
mod sweep;
mod undefined;

use core::sync::atomic::AtomicU32;

use bare_aarch64::options::{Mode, Options, Yield};
use bare_aarch64::pattern::Kind;

use crate::runtime::{console::println, debug, interrupt, psci, report};

/// For others to run.
const SLEEP_US: u32 = 100;

/// What watchpoints watch.
static WATCHED: AtomicU32 = AtomicU32::new(0);

/// Runs the mode and prints the last line.
pub fn run(options: &Options<'_>) {
    let (breakpoints, watchpoints) = (debug::count(Kind::Bvr), debug::count(Kind::Wvr));
    println!("guest {}: {breakpoints} breakpoints, {watchpoints} watchpoints", options.id);
    let name = match options.mode {
        Mode::Calls => calls::run(),
        Mode::Differential => differential::run(),
        Mode::Leak => leak::run(options),
        Mode::Sweep => sweep::run(options),
        Mode::Workout => workout(options.pattern),
        Mode::Devices => devices::run(),
        other => return println!("FAIL options: no {other:?} in 32 bits"),
    };
    report::finish(name);
}

fn workout(pattern: u16) -> &'static str {
    // First: no debug register has been written yet, so all of them trap.
    conditional::run();
    undefined::run();
    readback::run(pattern);
    events::run();
    // And once more with the registers on the hardware.
    conditional::run();
    undefined::run();
    "workout"
}

fn let_others_run(how: Yield) {
    match how {
        Yield::Wfi => interrupt::sleep(SLEEP_US),
        Yield::Hvc => _ = psci::version(),
        Yield::Spin => (0..10_000).for_each(|_| core::hint::spin_loop()),
    }
}
