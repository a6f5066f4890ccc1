// SPDX-License-Identifier: MIT OR Apache-2.0
//! What VMMs recorded of their guests' exits, read from a copy of their memory.
#![forbid(unsafe_code)]

mod describe;
mod perfetto;
mod table;

pub use describe::{describe, kind};
pub use perfetto::timeline;
pub use table::{Counters, Table};

use anyhow::{Context, ensure};
use vmm::trace::format::{CAUSES, HEADER_SIZE, Header, MAGIC, OUTCOMES, RECORD_SIZE};
use vmm::trace::{Outcome, Record};
use zerocopy::FromBytes;

use lazaret_plan::Plan;

/// Regions with this ending in their name are traces, if the description asks for their physical address.
pub const SUFFIX: &str = "_trace";

/// One VM's.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The VM.
    pub name: String,
    /// Ticks in a second.
    pub frequency: u64,
    /// Exits since the start.
    pub written: u64,
    /// By cause.
    pub causes: [u64; CAUSES],
    /// By outcome.
    pub outcomes: [u64; OUTCOMES],
    /// The last ones, oldest first.
    pub records: Vec<Record>,
}

impl Trace {
    /// From the region's bytes. They come from a program that may be broken: nothing in them is believed.
    pub fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let header = bytes.get(..HEADER_SIZE).context("a trace is longer")?;
        let header = Header::read_from_bytes(header).map_err(|_| anyhow::anyhow!("no header"))?;
        ensure!(header.magic == MAGIC, "no VMM has begun to write there");
        let room = (bytes.len() - HEADER_SIZE) / RECORD_SIZE;
        let capacity = usize::try_from(header.capacity).ok().filter(|&n| n.is_power_of_two() && n <= room);
        let capacity = capacity.context("its number of records is impossible")?;
        let record = |n: u64| {
            let at = HEADER_SIZE + (n as usize & (capacity - 1)) * RECORD_SIZE;
            Record::read_from_bytes(&bytes[at..at + RECORD_SIZE]).ok()
        };
        let first = header.written.saturating_sub(capacity as u64);
        let end = header.name.iter().position(|&byte| byte == 0).unwrap_or(header.name.len());
        Ok(Self {
            name: String::from_utf8_lossy(&header.name[..end]).into_owned(),
            frequency: header.frequency.max(1),
            written: header.written,
            causes: header.causes,
            outcomes: header.outcomes,
            records: (first..header.written).filter_map(record).collect(),
        })
    }
}

/// What a record says came of the exit.
pub fn outcome(record: &Record) -> &'static str {
    Outcome::ALL.get(usize::from(record.outcome)).map_or("?", |outcome| outcome.name())
}

/// Name, physical address and size of each region for traces.
pub fn regions(plan: &Plan) -> Vec<(String, u64, u64)> {
    let of_object = |object: &lazaret_plan::Object| {
        let bits = lazaret_plan::size_bits(object);
        Some((object.name.strip_suffix(SUFFIX)?.into(), object.paddr?, u64::from(object.count) << bits))
    };
    plan.objects.iter().filter_map(of_object).collect()
}

#[cfg(test)]
mod tests;
