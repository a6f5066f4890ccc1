// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the guest printed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::execution::count::Kinds;

use lazaret_diagnostic::Problem;

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub op: String,
    /// Instructions: the median.
    pub net: u64,
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
}

/// A part of the debug architecture, tried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Checks that held.
    pub passed: u64,
    /// Checks that did not.
    pub failed: u64,
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// In the order of measurement.
    pub rows: Vec<Row>,
    /// Whether debugging works.
    pub functions: Vec<Function>,
    /// What instructions hide, by operation, if it was looked at.
    pub hidden: BTreeMap<String, Kinds>,
}

/// The counter's frequency at which a tick is an instruction.
const FREQUENCY: u64 = 1_000_000_000;

static COUNTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"COUNTER frequency=(\d+) batch=(\d+)"));
static ROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"BENCH op=(\w+) net=(\d+) min=(\d+) max=(\d+)"));
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"FUNCTION name=(\w+) passed=(\d+) failed=(\d+)"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{error}"))
}

impl Measured {
    /// Reads the guest's output, whatever else is in it.
    pub fn parse(output: &str) -> anyhow::Result<Self> {
        check_counter(output)?;
        let mut rows = parse_rows(output);
        let functions = output.lines().filter_map(|line| {
            let (_, [name, passed, failed]) = FUNCTION.captures(line)?.extract();
            Some(Function { name: name.into(), passed: number(passed), failed: number(failed) })
        });
        let functions = functions.collect();
        derive(&mut rows);
        Ok(Self { rows, functions, hidden: BTreeMap::new() })
    }

    /// More rows; those that are there already stay as they are.
    pub fn add(&mut self, rows: Vec<Row>) {
        let new: Vec<_> = rows.into_iter().filter(|row| self.net(&row.op).is_none()).collect();
        self.rows.extend(new);
    }

    /// The figure of an operation.
    pub fn net(&self, op: &str) -> Option<u64> {
        self.rows.iter().find(|row| row.op == op).map(|row| row.net)
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

/// The rows of a guest's output.
pub(super) fn parse_rows(output: &str) -> Vec<Row> {
    let rows = output.lines().filter_map(|line| {
        let (_, [op, net, min, max]) = ROW.captures(line)?.extract();
        Some(Row { op: op.into(), net: number(net), min: number(min), max: number(max) })
    });
    rows.collect()
}

/// An empty loop of a hundred rounds is a few hundred instructions; if its ticks are something else, so are all.
/// Does the guest's counter count instructions?
pub(super) fn check_counter(output: &str) -> anyhow::Result<()> {
    let numbers = output.lines().find_map(|line| {
        let (_, [frequency, batch]) = COUNTER.captures(line)?.extract();
        Some((frequency.parse::<u64>().ok()?, batch.parse::<u64>().ok()?))
    });
    match numbers {
        Some((FREQUENCY, 150..=1000)) => Ok(()),
        Some((frequency, batch)) => Err(Problem::new(
            format!("the guest's counter does not count instructions: {frequency} Hz, {batch} ticks for 100 rounds"),
            "QEMU must know -icount and -cpu X,cntfrq=1000000000: 9.0 and later do",
        )),
        None => anyhow::bail!("the guest did not say how its counter runs"),
    }
}

/// What follows from two rows.
fn derive(rows: &mut Vec<Row>) {
    let net = |op: &str| rows.iter().find(|row| row.op == op).map(|row| row.net);
    if let (Some(armed), Some(disarmed)) = (net("hvc_armed"), net("hvc_psci_version")) {
        let extra = armed.saturating_sub(disarmed);
        rows.push(Row { op: "armed_exit_extra".into(), net: extra, min: extra, max: extra });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "bench| COUNTER frequency=1000000000 batch=305\n\
        (d1) BENCH op=hvc_psci_version net=915 min=914 max=920\n\
        BENCH op=hvc_armed net=917 min=917 max=917\nFUNCTION name=os_lock passed=7 failed=1\n";

    #[test]
    fn reads_rows_whatever_stands_before_them() {
        let measured = Measured::parse(OUTPUT).unwrap();
        assert_eq!(measured.net("hvc_psci_version"), Some(915));
        assert_eq!(measured.net("armed_exit_extra"), Some(2));
        assert_eq!(measured.functions, [Function { name: "os_lock".into(), passed: 7, failed: 1 }]);
    }

    #[test]
    fn a_counter_that_counts_something_else_is_an_error() {
        for bad in ["frequency=62500000 batch=20", "frequency=1000000000 batch=20000"] {
            let error = Measured::parse(&format!("COUNTER {bad}\n")).unwrap_err();
            assert!(error.to_string().contains("does not count instructions"), "{error}");
        }
        assert!(Measured::parse("").is_err());
    }
}
