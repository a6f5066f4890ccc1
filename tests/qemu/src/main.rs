// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scenarios in QEMU, each a test with a name and a time.
//!
//! A scenario fails when the kernel panics, when a protection domain faults, and when what it waits for does not
//! come in time: silence is a failure.
#![forbid(unsafe_code)]

mod bad_boot;
mod bare;
mod command_line;
mod domains;
mod linux;
mod machine;
mod plain;

use std::time::Instant;

use lazaret_cli::problem;
use libtest_mimic::{Arguments, Failed, Trial};

type Scenario = (&'static str, fn() -> anyhow::Result<()>);

fn main() {
    let arguments = Arguments::from_args();
    let scenarios = [
        plain::SCENARIOS,
        bad_boot::SCENARIOS,
        domains::SCENARIOS,
        bare::SCENARIOS,
        command_line::SCENARIOS,
        linux::SCENARIOS,
    ]
    .concat();
    let trials = scenarios.into_iter().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial((name, run): Scenario) -> Trial {
    Trial::test(name, move || {
        let start = Instant::now();
        let result = run().map_err(|error| Failed::from(problem::describe(&error)));
        println!("  {name}: {:.1} s", start.elapsed().as_secs_f32());
        result
    })
}
