// SPDX-License-Identifier: MIT OR Apache-2.0
//! For people: counters, and the last exits line by line.

use std::fmt;

use vmm::trace::{Cause, Outcome};

use super::{Trace, describe, outcome};

/// The counters.
#[derive(Debug, Clone, Copy)]
pub struct Counters<'a>(pub &'a Trace);

/// The last so many exits.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a>(pub &'a Trace, pub usize);

impl fmt::Display for Counters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} exits", self.0.name, self.0.written)?;
        let mut causes: Vec<(usize, u64)> = self.0.causes.iter().copied().enumerate().filter(|(_, n)| *n > 0).collect();
        causes.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
        for (cause, count) in causes {
            writeln!(f, "  {count:>12}  {}", Cause(cause as u8).name())?;
        }
        let of = |outcome: &Outcome| format!("{} {}", self.0.outcomes[*outcome as usize], outcome.name());
        writeln!(f, "  {}", Outcome::ALL.iter().map(of).collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(trace, last) = self;
        writeln!(f, "{:>14} {:>8} {:>18}  {:<7}  what", "us", "took us", "pc", "outcome")?;
        let us = |ticks: u64| ticks as f64 * 1e6 / trace.frequency as f64;
        for record in &trace.records[trace.records.len().saturating_sub(*last)..] {
            let pc = if record.pc == 0 { "-".into() } else { format!("{:#x}", record.pc) };
            let (at, took) = (us(record.ticks), us(record.duration.into()));
            writeln!(f, "{at:>14.3} {took:>8.3} {pc:>18}  {:<7}  {}", outcome(record), describe(record))?;
        }
        Ok(())
    }
}
