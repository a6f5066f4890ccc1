// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each kind of file is a test: 2,000 changed files of it, 50,000 with LAZARET_FULL; LAZARET_MUTATE=KIND:NUMBER is one.

use inputs::KINDS;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let mut arguments = Arguments::from_args();
    // What one file takes is seen by what the process takes.
    arguments.test_threads = Some(1);
    let count = if std::env::var_os("LAZARET_FULL").is_some() { 50_000 } else { 2000 };
    let one = std::env::var("LAZARET_MUTATE").unwrap_or_default();
    let only = one.split_once(':').and_then(|(kind, number)| Some((kind.to_string(), number.parse().ok()?)));
    let trials = KINDS.into_iter().map(|kind| {
        let only = only.clone();
        Trial::test(format!("mutate-{}", kind.name), move || match only {
            Some((name, _)) if name != kind.name => Ok(()),
            only => inputs::run(&kind, count, only.map(|(_, number)| number)).map_err(Failed::from),
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
