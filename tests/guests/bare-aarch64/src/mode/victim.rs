// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much of the core this guest gets, and for how long it gets nothing: it computes and looks at its clock.
//!
//! `VICTIM share=N gap=N` are hundredths of a percent, and ticks of the counter. The shortest piece of work is one
//! that nobody interrupted, so the guest needs to know nothing of the core.

use crate::options::Options;
use crate::runtime::{console::println, counter};

/// A piece of work has so many rounds of a loop.
const ROUNDS: u32 = 1000;
/// Milliseconds in which the neighbour boots.
const BOOT: u64 = 20;
/// A wait that somebody else has used; what the kernel does for an interrupt takes less. Microseconds.
const TURN: u64 = 100;

pub fn run(options: &Options<'_>) -> &'static str {
    let millisecond = counter::frequency() / 1000;
    wait_for(BOOT * millisecond);
    let seen = watch(options.rounds * millisecond, TURN * counter::frequency() / 1_000_000);
    println!("VICTIM share={} gap={}", seen.share(), seen.longest);
    "victim"
}

/// Computes without an exit.
#[inline(never)]
pub fn work() {
    (0..ROUNDS).for_each(|_| counter::nothing());
}

/// What was seen, in ticks.
struct Seen {
    pieces: u64,
    shortest: u64,
    longest: u64,
    elapsed: u64,
}

impl Seen {
    /// In hundredths of a percent.
    fn share(&self) -> u64 {
        self.pieces * self.shortest * 10_000 / self.elapsed.max(1)
    }
}

fn wait_for(ticks: u64) {
    let start = counter::now();
    while counter::now() - start < ticks {}
}

/// Looks for `window` ticks, and on to the end of a wait, so that it has seen whole turns: waits of more than `turn`
/// and what was got between them. Without any, for twice as long.
fn watch(window: u64, turn: u64) -> Seen {
    let mut start = turn_begins(window, turn);
    let mut seen = Seen { pieces: 0, shortest: u64::MAX, longest: 0, elapsed: 0 };
    let first = start;
    while seen.elapsed < 2 * window {
        work();
        let now = counter::now();
        let took = now - start;
        seen.pieces += 1;
        seen.elapsed = now - first;
        seen.shortest = seen.shortest.min(took);
        seen.longest = seen.longest.max(took - seen.shortest);
        start = now;
        if seen.elapsed >= window && took > turn {
            break;
        }
    }
    seen
}

/// The end of a wait, or of the window without one.
fn turn_begins(window: u64, turn: u64) -> u64 {
    let first = counter::now();
    let mut last = first;
    loop {
        let now = counter::now();
        if now - last > turn || now - first > window {
            return now;
        }
        last = now;
    }
}
