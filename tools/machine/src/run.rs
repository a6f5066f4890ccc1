// SPDX-License-Identifier: MIT OR Apache-2.0
//! A finished run: how it ended, and what the machine printed.

use std::time::Duration;

use super::Script;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEnd {
    /// Everything waited for was seen.
    Seen,
    /// Not in time; what it still waited for.
    TimedOut(String),
    /// Ctrl-C was typed before that.
    Interrupted,
    /// Whoever had it run wanted no more of it.
    Stopped,
    /// The kernel or the monitor reported a fault: its line.
    Fault(String),
    /// The machine ended by itself and well, but before everything was seen; what it still waited for.
    Missing(String),
    /// It ended by itself: well, with nothing to wait for, or not well.
    Ended(bool),
}

impl RunEnd {
    /// Of a machine that ended by itself.
    pub(super) fn of_end(well: bool, script: &Script) -> Self {
        match script.waiting_for() {
            Some(pattern) if well => Self::Missing(pattern.into()),
            _ => Self::Ended(well),
        }
    }
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct Run {
    /// How it ended.
    pub end: RunEnd,
    /// All that the machine printed.
    pub output: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Run {
    /// Success, or an error that says what was missing and shows the end of the output.
    pub fn expect_seen(&self) -> anyhow::Result<()> {
        let what = match &self.end {
            RunEnd::Seen => return Ok(()),
            RunEnd::TimedOut(pattern) => format!("not seen within {:.0?}: {pattern}", self.elapsed),
            RunEnd::Interrupted => "interrupted".into(),
            RunEnd::Stopped => "stopped".into(),
            RunEnd::Fault(line) => format!("a fault: {line}"),
            RunEnd::Missing(pattern) => format!("QEMU ended before this was seen: {pattern}"),
            RunEnd::Ended(_) => "QEMU ended too early".into(),
        };
        let lines: Vec<_> = self.output.lines().collect();
        let tail = lines[lines.len().saturating_sub(40)..].join("\n");
        anyhow::bail!("{what}\n--- the last lines of the output ---\n{tail}")
    }
}
