// SPDX-License-Identifier: MIT OR Apache-2.0
//! The figures that are kept in the repository: what costs more than it did is an error until somebody says why.

use std::fmt;

use anyhow::Context;
use serde::Deserialize;

use super::{Measured, unit};

/// The file, from the top of the tree.
pub const FILE: &str = "tests/bench/figures.json";
/// How to write it anew.
pub const UPDATE: &str = "tools/lazaret bench --cpu cortex-a57 --cpu cortex-a72 --json tests/bench/figures.json";

/// How much more a row may cost, in percent: counts are exact, but code moves.
const TOLERANCE: u64 = 2;
/// The same with another compiler than the one that the file was made with.
const OTHER_COMPILER: u64 = 15;

/// What was measured on one CPU, as `bench --json` writes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Kept {
    /// QEMU's model.
    pub cpu: String,
    /// What built Lazaret then.
    pub compiler: String,
    ops: Vec<Op>,
}

#[derive(Debug, Clone, Deserialize)]
struct Op {
    op: String,
    lazaret: Option<f64>,
}

/// A row that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The operation.
    pub op: String,
    /// In the file.
    pub before: Option<u64>,
    /// Measured.
    pub now: Option<u64>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |figure: Option<u64>| figure.map_or("none".into(), |n| n.to_string());
        write!(f, "{}: {} instead of {}", self.op, text(self.now), text(self.before))
    }
}

impl Kept {
    /// Reads the file: one object for each CPU.
    pub fn read(text: &str) -> anyhow::Result<Vec<Self>> {
        serde_json::from_str(text).with_context(|| format!("{FILE} is not what bench --json writes for several CPUs"))
    }

    /// Without the rows that take a Linux boot: Debian's kernel changes, and a test has no time for it.
    pub fn without_linux(mut self) -> Self {
        self.ops.retain(|op| !op.op.starts_with("linux_"));
        self
    }

    /// Rows that cost more than they may, and rows of which one side knows nothing.
    pub fn growth(&self, measured: &Measured, compiler: &str) -> Vec<Change> {
        let percent = if compiler == self.compiler { TOLERANCE } else { OTHER_COMPILER };
        let grown = |before: u64, now: u64| now * 100 > before * (100 + percent);
        self.changes(measured, |before, now| match (before, now) {
            (Some(before), Some(now)) => grown(before, now),
            _ => true,
        })
    }

    /// Rows that cost so much less that the file should say so.
    pub fn savings(&self, measured: &Measured) -> Vec<Change> {
        let saved = |before: u64, now: u64| now * 100 < before * (100 - TOLERANCE);
        self.changes(measured, |before, now| before.zip(now).is_some_and(|(before, now)| saved(before, now)))
    }

    fn changes(&self, measured: &Measured, differs: impl Fn(Option<u64>, Option<u64>) -> bool) -> Vec<Change> {
        let kept = |op: &Op| op.lazaret.map(|figure| unit::from_json(&op.op, figure));
        let known = self.ops.iter().map(|op| (op.op.as_str(), kept(op), measured.net(&op.op)));
        let is_new = |op: &str| self.ops.iter().all(|known| known.op != op);
        let new = measured.rows.iter().filter(|row| is_new(&row.op)).map(|row| (row.op.as_str(), None, Some(row.net)));
        let all = known.chain(new).filter(|(_, before, now)| differs(*before, *now));
        all.map(|(op, before, now)| Change { op: op.into(), before, now }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::measured::Row;
    use super::*;

    const FILE: &str = r#"[{"cpu": "cortex-a57", "qemu": "QEMU", "compiler": "rustc 1", "functions": {},
        "ops": [{"op": "hvc", "lazaret": 400, "goal": 380}, {"op": "owned", "lazaret": 1}, {"op": "gone", "lazaret": 5}]}]"#;

    fn measured(rows: &[(&str, u64)]) -> Measured {
        let rows = rows.iter().map(|&(op, net)| Row { op: op.into(), net, min: net, max: net });
        Measured { rows: rows.collect(), functions: Vec::new(), hidden: std::collections::BTreeMap::new() }
    }

    fn growth(hvc: u64, compiler: &str) -> Vec<String> {
        let kept = Kept::read(FILE).unwrap().remove(0);
        let changes = kept.growth(&measured(&[("hvc", hvc), ("owned", 1), ("gone", 5)]), compiler);
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_percent_are_allowed_and_no_more() {
        assert!(growth(408, "rustc 1").is_empty());
        assert_eq!(growth(409, "rustc 1"), ["hvc: 409 instead of 400"]);
        assert!(growth(409, "rustc 2").is_empty());
        assert_eq!(growth(500, "rustc 2").len(), 1);
    }

    #[test]
    fn rows_do_not_come_and_go_unnoticed() {
        let kept = Kept::read(FILE).unwrap().remove(0);
        let changes = kept.growth(&measured(&[("hvc", 300), ("owned", 2), ("fresh", 7)]), "rustc 1");
        let text: Vec<_> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["owned: 2 instead of 1", "gone: none instead of 5", "fresh: 7 instead of none"]);
        assert_eq!(kept.savings(&measured(&[("hvc", 300)]))[0].now, Some(300));
    }
}
