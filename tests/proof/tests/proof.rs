// SPDX-License-Identifier: MIT OR Apache-2.0
//! The obligations, each with what it came to and its time. With `LAZARET_FULL` set also the long ones; with a filter those
//! whose names contain it.

use std::process::ExitCode;
use std::time::Instant;

use proof::candidates::Breadth;
use proof::induction::Induction;
use proof::layout::Layout;
use proof::report::Report;
use proof::{clamp, sizes};

/// What must hold.
struct Obligation {
    name: &'static str,
    is_long: bool,
    run: fn() -> Result<Report, String>,
}

const OBLIGATIONS: &[Obligation] = &[
    Obligation { name: "proof-counts", is_long: false, run: || sizes::counts().verdict(true) },
    Obligation { name: "proof-clamps", is_long: false, run: || clamp::by_fields().verdict(true) },
    Obligation { name: "proof-base-case", is_long: false, run: || sizes::base_case().verdict(true) },
    Obligation { name: "proof-every-size", is_long: false, run: || sizes::moves().verdict(true) },
    Obligation { name: "proof-one-core-2+1", is_long: false, run: || one_core(2, 1, true) },
    Obligation { name: "proof-one-core-1+2", is_long: false, run: || one_core(1, 2, false) },
    Obligation { name: "proof-clamps-every-value", is_long: true, run: || clamp::by_value().verdict(true) },
    Obligation { name: "proof-many-cores-2+1", is_long: true, run: || many_cores(2, 1) },
    Obligation { name: "proof-many-cores-1+2", is_long: true, run: || many_cores(1, 2) },
];

fn one_core(breakpoints: u8, watchpoints: u8, renamed: bool) -> Result<Report, String> {
    let layout = Layout::new(breakpoints, watchpoints, 1);
    let breadth = Breadth { many_cores: false, all_entries: false };
    Induction::<9> { name: "one core", layout: &layout, breadth, renamed, limit: 100_000_000 }.run().verdict(false)
}

fn many_cores(breakpoints: u8, watchpoints: u8) -> Result<Report, String> {
    let layout = Layout::new(breakpoints, watchpoints, 1);
    let breadth = Breadth { many_cores: true, all_entries: true };
    let renamed = false;
    Induction::<9> { name: "many cores", layout: &layout, breadth, renamed, limit: 10_000_000_000 }.run().verdict(true)
}

fn main() -> ExitCode {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let full = std::env::var_os("LAZARET_FULL").is_some();
    let (mut passed, mut failed) = (0, 0);
    for Obligation { name, run, .. } in
        OBLIGATIONS.iter().filter(|one| one.name.contains(&filter) && (full || !one.is_long))
    {
        let start = Instant::now();
        match run() {
            Ok(report) => {
                passed += 1;
                println!("test {name} ... ok, {:.1} s\n{report}", start.elapsed().as_secs_f32());
            }
            Err(why) => {
                failed += 1;
                println!("test {name} ... FAILED\n{why}");
                // The next ones build on it.
                break;
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    ExitCode::from(u8::from(failed > 0))
}
