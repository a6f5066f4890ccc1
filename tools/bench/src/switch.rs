// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a switch between two busy vCPUs costs: from the last time that one read the counter to the other's first.
//!
//! It is the whole of it: the end of a time slice, scheduling, both vCPUs' state.

use std::sync::LazyLock;

use anyhow::Context;
use regex::Regex;

use super::measured::Row;
use super::subject::{Job, Peer};
use super::{Bench, Subject};
use lazaret_machine::Qemu;

/// Who uses debug registers, and the names of the rows: one to other, other to one.
const PAIRS: [(&str, [&str; 2], [&str; 2]); 3] = [
    ("clean", ["0", "0"], ["vcpu_switch", "vcpu_switch"]),
    ("mixed", ["1", "0"], ["vcpu_switch_dirty_clean", "vcpu_switch_clean_dirty"]),
    ("dirty", ["1", "1"], ["vcpu_switch_dirty_dirty", "vcpu_switch_dirty_dirty"]),
];
const UNTIL: &str = r"GUEST switch: \d+ passed";
/// What our VMM says after that.
const USE: &str = r"(\d+) bank accesses";
/// Longer than this, somebody else ran in between.
const MOST: u64 = 100_000;

static GAP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"SWITCH id=(\w+) last=(\d+) first=(\d+)").unwrap_or_else(|error| panic!("{error}")));

/// The rows of a hypervisor; Xen, which has no debug state, has only the first.
pub fn rows(bench: &Bench<'_>, subject: Subject) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for (what, patterns, names) in PAIRS {
        let own = subject == Subject::Peer(Peer::Xen);
        if own && what != "clean" {
            break;
        }
        let [first, second] = arguments(patterns).map(|words| format!("{words}{}", clock(subject)));
        let until = if subject == Subject::Lazaret { USE } else { UNTIL };
        let output = if own {
            let first = format!("{first} cpus=2");
            bench.run(subject, Job { cpus: 2, ..Job::new(&first, UNTIL) })
        } else {
            bench.run(subject, Job { second: Some(&second), ..Job::new(&first, until) })
        };
        let context = || format!("{}: switches between {what} vCPUs were not measured", subject.name());
        let output = output.with_context(context)?.output;
        let (there, back) = samples(&output);
        if subject == Subject::Lazaret && what == "clean" {
            rows.push(banks(&output, there.len() + back.len()).with_context(context)?);
        }
        if names[0] == names[1] {
            rows.push(row(names[0], [there, back].concat()).with_context(context)?);
        } else {
            rows.push(row(names[0], there).with_context(context)?);
            rows.push(row(names[1], back).with_context(context)?);
        }
    }
    Ok(rows)
}

/// Boot arguments of two neighbours.
fn arguments(patterns: [&str; 2]) -> [String; 2] {
    [("A", patterns[0]), ("B", patterns[1])].map(|(id, pattern)| format!("mode=switch id={id} pattern={pattern}"))
}

/// Our kernel and a seL4 keep the physical counter from guests; our VMM shifts nobody's virtual one. And a seL4 counts by
/// the frequency that it was built for, 62.5 MHz: here its time slices are a sixteenth as long.
const fn clock(subject: Subject) -> &'static str {
    match subject {
        Subject::Lazaret => " clock=virtual",
        Subject::Sel4 | Subject::Sel4Shim => " clock=virtual shortest=25000",
        Subject::Peer(_) => "",
    }
}

/// Runs two neighbours that do not debug, in a changed QEMU.
pub fn run_clean(bench: &Bench<'_>, change: impl FnOnce(Qemu) -> Qemu) -> anyhow::Result<()> {
    let [first, second] = arguments(PAIRS[0].1);
    let job = Job { second: Some(&second), ..Job::new(&first, UNTIL) };
    let (qemu, image) = bench.machine(Subject::Lazaret, job)?;
    bench.watch(&change(qemu), &image, job).map(|_| ())
}

/// Registers of the debug bank that were touched at each switch.
fn banks(output: &str, switches: usize) -> anyhow::Result<Row> {
    let accesses = Regex::new(USE)?;
    let all: Vec<u64> = accesses.captures_iter(output).filter_map(|found| found[1].parse().ok()).collect();
    anyhow::ensure!(all.len() >= 2 && switches > 0, "the VMMs did not say how often the bank was touched");
    let each = all.iter().sum::<u64>().div_ceil(switches as u64);
    Ok(Row { op: "clean_switch_bank".into(), net: each, min: each, max: each })
}

fn row(name: &str, mut samples: Vec<u64>) -> anyhow::Result<Row> {
    samples.sort_unstable();
    let (first, last) = (samples.first(), samples.last());
    let (min, max) = first.zip(last).context("no switch was seen from both sides")?;
    Ok(Row { op: name.into(), net: samples[samples.len() / 2], min: *min, max: *max })
}

/// Of any number of neighbours: all switches that both sides saw.
pub fn costs(output: &str) -> Vec<u64> {
    let all = gaps(output);
    let others = |who: &str| all.iter().filter(|(id, _)| *id != who).map(|(_, gap)| *gap).collect::<Vec<_>>();
    all.iter().flat_map(|(id, gap)| between(&[*gap], &others(id))).collect()
}

/// From A to B, and from B to A.
fn samples(output: &str) -> (Vec<u64>, Vec<u64>) {
    let all = gaps(output);
    let of = |who: &str| all.iter().filter(|(id, _)| *id == who).map(|(_, gap)| *gap).collect::<Vec<_>>();
    let (a, b) = (of("A"), of("B"));
    (between(&a, &b), between(&b, &a))
}

/// Who was off the core, and from when to when.
fn gaps(output: &str) -> Vec<(&str, (u64, u64))> {
    let all = output.lines().filter_map(|line| GAP.captures(line)).map(|c| c.extract::<3>());
    all.filter_map(|(_, [id, last, first])| Some((id, (last.parse().ok()?, first.parse().ok()?)))).collect()
}

/// Each time that one stopped, how long until the other went on.
fn between(from: &[(u64, u64)], to: &[(u64, u64)]) -> Vec<u64> {
    let next = |last: u64| to.iter().map(|(_, first)| *first).filter(|first| *first > last).min();
    let times = from.iter().filter_map(|(last, _)| Some(next(*last)? - last));
    times.filter(|time| *time < MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_what_the_two_saw() {
        let output = "bare_a| SWITCH id=A last=1000 first=2001100\nbare_b| SWITCH id=B last=2000500 first=4000000\n\
            SWITCH id=B last=500 first=1700\nSWITCH id=A last=3999000 first=9000000\n";
        assert_eq!(samples(output), (vec![700, 1000], vec![600]));
        assert_eq!(costs(output), vec![700, 600, 1000]);
        assert_eq!(row("x", vec![3, 1, 2]).unwrap().net, 2);
        assert!(row("x", vec![]).is_err());
        let used = "a: 0 bank loads, 0 bank accesses,\nb: 7 bank accesses,\n";
        assert_eq!(banks(used, 7).unwrap().net, 1);
        assert!(banks("0 bank accesses", 7).is_err() && banks(used, 0).is_err());
    }
}
