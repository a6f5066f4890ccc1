// SPDX-License-Identifier: MIT OR Apache-2.0
//! The obligations, each with what it came to and its time. With `LAZARET_FULL` set also the long ones; with a filter those
//! whose names contain it.

use std::process::ExitCode;
use std::time::Instant;

use proof::candidates::{Breadth, Mdscr};
use proof::induction::Induction;
use proof::layout::Layout;
use proof::report::Report;
use proof::{clamp, handlers, sizes};

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
    Obligation {
        name: "proof-many-cores-few-values",
        is_long: false,
        run: || induction((2, 1), MANY, Mdscr::Few, false),
    },
    Obligation { name: "proof-one-core-2+1", is_long: false, run: || induction((2, 1), ONE, Mdscr::EachBit, true) },
    Obligation { name: "proof-one-core-1+2", is_long: false, run: || induction((1, 2), ONE, Mdscr::EachBit, false) },
    Obligation {
        name: "proof-handlers-64-bit",
        is_long: false,
        run: || handlers::run("handlers, 64 bits", false).verdict(true),
    },
    Obligation {
        name: "proof-handlers-32-bit",
        is_long: false,
        run: || handlers::run("handlers, 32 bits", true).verdict(true),
    },
    Obligation { name: "proof-clamps-every-value", is_long: true, run: || clamp::by_value().verdict(true) },
    Obligation { name: "proof-many-cores-2+1", is_long: true, run: || induction((2, 1), MANY, Mdscr::EachBit, false) },
    Obligation {
        name: "proof-one-core-2+1-every-value",
        is_long: true,
        run: || induction((2, 1), ONE, Mdscr::All, false),
    },
];

const ONE: bool = false;
const MANY: bool = true;
/// Steps, some ten times as many as the largest obligation has.
const LIMIT: u64 = 3_000_000_000;

/// On a core with that many breakpoints and watchpoints, of which one compares contexts.
fn induction(counts: (u8, u8), many_cores: bool, mdscr: Mdscr, renamed: bool) -> Result<Report, String> {
    let layout = Layout::new(counts.0, counts.1, 1);
    let name = if many_cores { "many cores" } else { "one core" };
    let breadth = Breadth { many_cores, mdscr };
    Induction::<9> { name, layout: &layout, breadth, renamed, limit: LIMIT }.run().verdict(many_cores)
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
