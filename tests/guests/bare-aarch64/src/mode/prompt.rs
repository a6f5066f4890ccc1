// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prompts: text without the end of a line, after which the guest does one thing or another for a while.
//!
//! `PROMPT WHAT at TICKS of TICKS-A-SECOND`, then the prompt `WHAT> `, and much later, in the same line, `over at TICKS`. Beside it another
//! guest of mode ticks says what time it is, on the same clock: so the output shows when the prompt was there.

use core::fmt::Write as _;

use crate::runtime::console::{self, Console, println};
use crate::runtime::{counter, interrupt, psci};

/// A prompt stands for this part of a second.
const STANDS: u64 = 8;
/// Between two ticks, in microseconds.
const TICK: u64 = 10_000;

/// A prompt before each thing that a guest may do while it waits for input.
pub fn run() -> &'static str {
    interrupt::init();
    prompt("spins", counter::nothing);
    prompt("polls", || _ = console::flags());
    prompt("calls", || _ = psci::version());
    prompt("waits", || interrupt::sleep(3 * TICK));
    prompt("rubs", || {
        let _ = Console.write_str("\\\x08");
    });
    "prompt"
}

fn prompt(what: &str, wait: impl Fn()) {
    println!("PROMPT {what} at {} of {}", counter::now(), counter::frequency());
    let _ = write!(Console, "{what}> ");
    let start = counter::now();
    while counter::now() - start < counter::frequency() / STANDS {
        wait();
    }
    println!("over at {}", counter::now());
}

/// Says the time.
pub fn ticks(rounds: u64) -> &'static str {
    interrupt::init();
    for _ in 0..rounds {
        println!("TICK {}", counter::now());
        interrupt::sleep(TICK);
    }
    "ticks"
}
