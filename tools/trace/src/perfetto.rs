// SPDX-License-Identifier: MIT OR Apache-2.0
//! For Perfetto: the Trace Event Format, each VM as a process, each exit as a slice.

use serde_json::{Value, json};
use vmm::trace::{Cause, Record};

use super::{Trace, describe, outcome};

/// A file that <https://ui.perfetto.dev> loads.
pub fn timeline(traces: &[Trace]) -> Value {
    let events: Vec<Value> = (1..).zip(traces).flat_map(|(pid, trace)| events(pid, trace)).collect();
    json!({ "displayTimeUnit": "ns", "traceEvents": events })
}

fn events(pid: u32, trace: &Trace) -> Vec<Value> {
    let name =
        |what: &str, name: &str| json!({ "ph": "M", "pid": pid, "tid": 1, "name": what, "args": { "name": name } });
    let names = [name("process_name", &trace.name), name("thread_name", "vCPU 0")];
    names.into_iter().chain(trace.records.iter().map(|record| slice(pid, trace.frequency, record))).collect()
}

/// A complete event; times are in microseconds.
fn slice(pid: u32, frequency: u64, record: &Record) -> Value {
    let us = |ticks: u64| ticks as f64 * 1e6 / frequency as f64;
    json!({
        "ph": "X",
        "pid": pid,
        "tid": 1,
        "ts": us(record.ticks),
        "dur": us(record.duration.into()),
        "name": describe(record),
        "cat": Cause(record.cause).name(),
        "args": {
            "pc": format!("{:#x}", record.pc),
            "esr": format!("{:#x}", record.esr),
            "value": format!("{:#x}", record.value),
            "outcome": outcome(record),
        },
    })
}
