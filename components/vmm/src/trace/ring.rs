// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing it: some twenty instructions an exit, two while there is no region.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arm_syndrome::{Class, iss::CLASS_SHIFT};
use zerocopy::IntoBytes;

use super::format::{Cause, HEADER_SIZE, Header, Outcome, RECORD_SIZE, Record};

const WORD: usize = size_of::<u64>();
const HEADER_WORDS: usize = HEADER_SIZE / WORD;
const RECORD_WORDS: usize = RECORD_SIZE / WORD;
const WRITTEN: usize = core::mem::offset_of!(Header, written) / WORD;
const BY_CAUSE: usize = core::mem::offset_of!(Header, causes) / WORD;
const BY_OUTCOME: usize = core::mem::offset_of!(Header, outcomes) / WORD;

/// The VMM's side of the region. Nobody else writes there; it is read from outside, after the fact.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    header: &'a [AtomicU64; HEADER_WORDS],
    records: &'a [AtomicU64],
    /// Records less one: a mask.
    mask: u64,
}

impl<'a> Trace<'a> {
    /// Takes a region; `None` if there is no room for a record. What a VMM before this one wrote there for the same VM
    /// is kept: it may be what explains its end.
    pub fn new(region: &'a [AtomicU64], address: u64, name: &str, frequency: u64) -> Option<Self> {
        let (header, records) = region.split_first_chunk::<HEADER_WORDS>()?;
        let capacity = 1 << (records.len() / RECORD_WORDS).checked_ilog2()?;
        let mut wanted = Header::new(capacity, address, frequency);
        wanted.name.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        let records = &records[..capacity as usize * RECORD_WORDS];
        let trace = Self { header, records, mask: capacity - 1 };
        let begun = wanted.as_bytes().chunks_exact(WORD).map(word_of).take(WRITTEN);
        if !begun.zip(header).all(|(word, cell)| cell.load(Relaxed) == word) {
            wanted
                .as_bytes()
                .chunks_exact(WORD)
                .map(word_of)
                .zip(header)
                .for_each(|(word, cell)| cell.store(word, Relaxed));
        }
        Some(trace)
    }

    /// Adds a record over the oldest one, and counts it.
    #[inline]
    pub fn add(&self, record: &Record) {
        let number = self.header[WRITTEN].load(Relaxed);
        let at = (number & self.mask) as usize * RECORD_WORDS;
        if let Some(cells) = self.records.get(at..).and_then(<[_]>::first_chunk::<RECORD_WORDS>) {
            let last = u64::from(record.esr)
                | u64::from(record.cause) << 32
                | u64::from(record.outcome) << 40
                | u64::from(record.duration) << 48;
            for (cell, word) in cells.iter().zip([record.ticks, record.pc, record.value, last]) {
                cell.store(word, Relaxed);
            }
        }
        self.header[WRITTEN].store(number.wrapping_add(1), Relaxed);
        self.count(BY_CAUSE + usize::from(record.cause));
        self.count(BY_OUTCOME + usize::from(record.outcome));
    }

    #[inline]
    fn count(&self, at: usize) {
        if let Some(cell) = self.header.get(at) {
            cell.store(cell.load(Relaxed).wrapping_add(1), Relaxed);
        }
    }
}

fn word_of(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// What an exit does besides being done; only what is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// [`Outcome::Done`] unless something says otherwise.
    pub outcome: Outcome,
    /// [`Record::value`], where the message does not have it.
    pub value: Option<u64>,
}

impl Note {
    /// Nothing out of the ordinary.
    pub const NONE: Self = Self { outcome: Outcome::Done, value: None };
}

impl Cause {
    /// Of a syndrome.
    pub const fn of_esr(esr: u64) -> Self {
        Self(Class::new((esr >> CLASS_SHIFT) as u8).value())
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::MAGIC;
    use super::*;
    use std::vec::Vec;
    use zerocopy::FromBytes;

    fn region(words: usize) -> Vec<AtomicU64> {
        (0..words).map(|_| AtomicU64::new(0)).collect()
    }

    fn bytes(region: &[AtomicU64]) -> Vec<u8> {
        region.iter().flat_map(|cell| cell.load(Relaxed).to_le_bytes()).collect()
    }

    fn record(n: u64) -> Record {
        Record { ticks: n, pc: 0x1000 + n, value: 7 * n, esr: 0x6230_0029, cause: 0x18, outcome: 1, duration: 9 }
    }

    #[test]
    fn the_last_ones_are_kept() {
        let region = region(HEADER_WORDS + 4 * RECORD_WORDS + 3);
        let trace = Trace::new(&region, 0x9000, "linux", 62_500_000).expect("there is room");
        (0..6).for_each(|n| trace.add(&record(n)));
        let bytes = bytes(&region);
        let (header, records) = Header::read_from_prefix(&bytes).expect("a header");
        assert_eq!((header.magic, header.capacity, header.written), (MAGIC, 4, 6));
        assert_eq!((&header.name[..6], header.frequency), (&b"linux\0"[..], 62_500_000));
        assert_eq!((header.causes[0x18], header.outcomes[1], header.outcomes[0]), (6, 6, 0));
        let kept: Vec<Record> =
            records.chunks_exact(RECORD_SIZE).take(4).map(|r| Record::read_from_bytes(r).expect("a record")).collect();
        assert_eq!(kept, [4, 5, 2, 3].map(record));
    }

    #[test]
    fn a_restarted_vmm_goes_on() {
        let region = region(HEADER_WORDS + 2 * RECORD_WORDS);
        Trace::new(&region, 0x9000, "a", 1).expect("there is room").add(&record(1));
        Trace::new(&region, 0x9000, "a", 1).expect("there is room").add(&record(2));
        assert_eq!(region[WRITTEN].load(Relaxed), 2);
        Trace::new(&region, 0x9000, "b", 1).expect("there is room");
        assert_eq!(region[WRITTEN].load(Relaxed), 0);
    }

    #[test]
    fn too_small_is_none() {
        assert!(Trace::new(&region(0), 0, "a", 1).is_none());
        assert!(Trace::new(&region(HEADER_WORDS + RECORD_WORDS - 1), 0, "a", 1).is_none());
    }
}
