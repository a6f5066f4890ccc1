// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fault injection: a campaign of runs of two virtual machines in QEMU, each with one fault in the first one's VMM, its
//! guest, its interrupts or the kernel; and what must not be: that the second one can tell.
//!
//! Everything follows from the seed: runs take a number of instructions, not of seconds (`-icount`), and faults come
//! from outside, through QEMU's debug interface, into the images as they are built.
#![forbid(unsafe_code)]

mod apply;
pub mod case;
mod clock;
pub mod disk;
mod emulator;
mod exit_kind;
pub mod gdb;
mod html;
pub mod linux;
pub mod network;
pub mod outcome;
mod pair;
mod path;
pub mod points;
pub mod result;
pub mod serror;
mod testbed;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;

use case::{Case, FaultKind};
use emulator::Look;
pub use html::page;
use outcome::{Transcript, classify, of_kernel_flip};
use result::{Campaign, Row, is_forbidden};
use testbed::Testbed;

use lazaret_machine::interrupt::interrupted;
use lazaret_programs::workspace::Workspace;

/// Runs at the same time.
const JOBS: usize = 2;

/// Runs these numbers of the campaign; two machines at a time. A run that cannot be done, twice, is an error of its own
/// beside the others' results.
pub fn run(
    workspace: &Workspace,
    seed: u64,
    numbers: &[u64],
    jobs: Option<usize>,
) -> anyhow::Result<(Campaign, Vec<anyhow::Error>)> {
    let testbed = Testbed::new(workspace)?;
    let good = reference(&testbed)?;
    let (next, results) = (AtomicUsize::new(0), Mutex::new((Vec::new(), Vec::new())));
    let progress = Progress::new(numbers.len());
    std::thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(JOBS).clamp(1, numbers.len().max(1)) {
            scope.spawn(|| {
                while !interrupted()
                    && let Some(&number) = numbers.get(next.fetch_add(1, Relaxed))
                {
                    let attempt = || one(&testbed, &good, &Case::new(seed, number));
                    let result = attempt().or_else(|error| {
                        eprintln!("run {number}, once more: {error:#}");
                        attempt()
                    });
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    match result {
                        Ok((row, _)) => results.0.push(row),
                        Err(error) => results.1.push(error.context(format!("run {number}"))),
                    }
                    let forbidden = results.0.iter().filter(|row| is_forbidden(row)).count();
                    progress.show(results.0.len() + results.1.len(), forbidden);
                }
            });
        }
    });
    progress.end();
    let (rows, failed) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((Campaign::new(seed, rows), failed))
}

/// Runs one number and gives its output as well.
pub fn replay(workspace: &Workspace, seed: u64, number: u64) -> anyhow::Result<(Row, String)> {
    let testbed = Testbed::new(workspace)?;
    one(&testbed, &reference(&testbed)?, &Case::new(seed, number))
}

/// What the guests say without a fault.
fn reference(testbed: &Testbed) -> anyhow::Result<Transcript> {
    let (machine, gdb) = testbed.start()?;
    gdb.detach()?;
    let output = machine.output(until_over)?;
    let good = Transcript::new(&output);
    anyhow::ensure!(
        good.guests.iter().all(|said| said.contains(" 0 failed") && said.contains("powered off")),
        "{output}"
    );
    Ok(good)
}

/// For runs in which both guests end.
fn until_over(output: &str) -> Look {
    if Transcript::new(output).is_over() { Look::Over } else { Look::Unfinished }
}

fn one(testbed: &Testbed, good: &Transcript, case: &Case) -> anyhow::Result<(Row, String)> {
    let (machine, mut gdb) = testbed.start()?;
    let done = apply::apply(testbed, &mut gdb, case)?;
    gdb.detach()?;
    let look = |output: &str| match Transcript::new(output) {
        run if run.is_over() => Look::Over,
        run if classify(case.kind, &run, good).is_forbidden() => Look::Unfinished,
        _ => Look::Plausible,
    };
    let output = machine.output(look)?;
    let outcome = classify(case.kind, &Transcript::new(&output), good);
    let outcome = if case.kind == FaultKind::Kernel { of_kernel_flip(outcome) } else { outcome };
    let Case { number, kind, .. } = *case;
    Ok((Row { number, kind, place: done.place, detail: done.detail, outcome }, output))
}

/// A bar with rate and time left, on a terminal only.
struct Progress {
    start: Instant,
    total: usize,
    shown: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self { start: Instant::now(), total, shown: std::io::stderr().is_terminal() }
    }

    fn show(&self, done: usize, forbidden: usize) {
        if !self.shown {
            return;
        }
        const WIDTH: usize = 30;
        let rate = done as f64 / self.start.elapsed().as_secs_f64().max(0.001);
        let left = (self.total - done) as f64 / rate.max(0.001);
        let bar = "#".repeat(WIDTH * done / self.total.max(1));
        let total = self.total;
        eprint!("\r[{bar:<WIDTH$}] {done}/{total}, {rate:.1} runs/s, {left:.0} s left, {forbidden} forbidden ");
        let _ = std::io::stderr().flush();
    }

    fn end(&self) {
        if self.shown {
            eprintln!();
        }
    }
}

/// The numbers of a shard `i/n` of so many runs: every n-th, from the i-th.
pub fn shard(runs: u64, shard: Option<&str>) -> anyhow::Result<Vec<u64>> {
    let Some(text) = shard else { return Ok((0..runs).collect()) };
    let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse::<u64>().ok()?, n.parse::<u64>().ok()?)));
    let (i, n) = parsed.filter(|&(i, n)| i < n).with_context(|| format!("--shard {text}: i/n with i from 0 to n-1"))?;
    let numbers: Vec<u64> = (0..runs).filter(|number| number % n == i).collect();
    anyhow::ensure!(!numbers.is_empty(), "--shard {text}: of {runs} runs that is none");
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_all_and_no_more() {
        let mut all: Vec<u64> = (0..3).flat_map(|i| shard(10, Some(&format!("{i}/3"))).unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, shard(10, None).unwrap());
        assert!(shard(1, Some("1/3")).is_err());
        assert!(shard(10, Some("3/3")).is_err() && shard(10, Some("x")).is_err());
    }
}
