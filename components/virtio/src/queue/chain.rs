// SPDX-License-Identifier: MIT OR Apache-2.0
//! A chain of descriptors, copied out of the driver's memory once and checked.

use super::Broken;
use super::layout::{DESCRIPTOR, INDIRECT, MAX_SIZE, NEXT, WRITE};
use crate::memory::Memory;
use heapless::Vec;

/// A buffer of the driver's, all of which is in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where.
    pub address: u64,
    /// Bytes.
    pub length: u32,
}

/// Buffers that belong together: first those that the device reads, then those that it writes. It is a kilobyte, so it is
/// filled where it lies and not handed around.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Chain {
    /// The number of its first descriptor, by which the driver knows it.
    pub head: u16,
    segments: Vec<Segment, { MAX_SIZE as usize }>,
    /// How many of them the device reads.
    readable: usize,
}

/// A table of descriptors.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub address: u64,
    pub entries: u32,
}

struct Descriptor {
    segment: Segment,
    flags: u16,
    next: u16,
}

impl Table {
    fn get(self, index: u16, memory: &impl Memory) -> Result<Descriptor, Broken> {
        if u32::from(index) >= self.entries {
            return Err(Broken::Index);
        }
        let mut bytes = [0; DESCRIPTOR as usize];
        let address = self.address.checked_add(u64::from(index) * DESCRIPTOR).ok_or(Broken::Address)?;
        if !memory.read(address, &mut bytes) {
            return Err(Broken::Address);
        }
        let [a0, a1, a2, a3, a4, a5, a6, a7, l0, l1, l2, l3, f0, f1, n0, n1] = bytes;
        let address = u64::from_le_bytes([a0, a1, a2, a3, a4, a5, a6, a7]);
        let segment = Segment { address, length: u32::from_le_bytes([l0, l1, l2, l3]) };
        Ok(Descriptor { segment, flags: u16::from_le_bytes([f0, f1]), next: u16::from_le_bytes([n0, n1]) })
    }
}

impl Chain {
    /// None yet.
    pub const fn new() -> Self {
        Self { head: 0, segments: Vec::new(), readable: 0 }
    }

    /// Becomes the chain that begins at a descriptor of this table.
    pub(super) fn walk(&mut self, head: u16, table: Table, indirect: bool, memory: &impl Memory) -> Result<(), Broken> {
        self.head = head;
        self.segments.clear();
        self.readable = 0;
        let (mut table, mut index, mut is_nested) = (table, head, false);
        // It ends: each round but one adds a segment, for which there is room so many times.
        loop {
            let Descriptor { segment, flags, next } = table.get(index, memory)?;
            if flags & INDIRECT != 0 {
                if !indirect || is_nested || flags & NEXT != 0 {
                    return Err(Broken::Indirect);
                }
                let entries = segment.length / DESCRIPTOR as u32;
                // No `next` reaches further.
                let has_entries = entries > 0 && entries <= u16::MAX.into();
                if !has_entries || !segment.length.is_multiple_of(DESCRIPTOR as u32) {
                    return Err(Broken::Indirect);
                }
                (table, index, is_nested) = (Table { address: segment.address, entries }, 0, true);
                continue;
            }
            self.push(segment, flags & WRITE != 0, memory)?;
            if flags & NEXT == 0 {
                return Ok(());
            }
            index = next;
        }
    }

    fn push(&mut self, segment: Segment, is_written: bool, memory: &impl Memory) -> Result<(), Broken> {
        if !memory.has(segment.address, segment.length.into()) {
            return Err(Broken::Address);
        }
        if !is_written {
            if self.readable < self.segments.len() {
                return Err(Broken::Order);
            }
            self.readable += 1;
        }
        self.segments.push(segment).map_err(|_| Broken::Endless)
    }

    /// What the device reads.
    pub fn readable(&self) -> &[Segment] {
        self.segments.get(..self.readable).unwrap_or_default()
    }

    /// What the device writes.
    pub fn writable(&self) -> &[Segment] {
        self.segments.get(self.readable..).unwrap_or_default()
    }

    /// Bytes that the device can read.
    pub fn readable_length(&self) -> u64 {
        length(self.readable())
    }

    /// Bytes that the device can write.
    pub fn writable_length(&self) -> u64 {
        length(self.writable())
    }

    /// Where `count` bytes that the device reads are, from a position on: addresses and lengths.
    pub fn to_read(&self, position: u64, count: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        parts(self.readable(), position, count)
    }

    /// The same of those that it writes.
    pub fn to_write(&self, position: u64, count: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        parts(self.writable(), position, count)
    }

    /// Copies out of what the device reads, from a position on: how many bytes there were.
    pub fn read(&self, position: u64, bytes: &mut [u8], memory: &impl Memory) -> usize {
        let mut done = 0;
        for (address, length) in self.to_read(position, bytes.len() as u64) {
            let length = length as usize;
            let Some(part) = bytes.get_mut(done..done + length) else { break };
            if !memory.read(address, part) {
                break;
            }
            done += length;
        }
        done
    }

    /// Copies into what the device writes, from a position on: how many bytes had room.
    pub fn write(&self, position: u64, bytes: &[u8], memory: &mut impl Memory) -> usize {
        let mut done = 0;
        for (address, length) in self.to_write(position, bytes.len() as u64) {
            let length = length as usize;
            let Some(part) = bytes.get(done..done + length) else { break };
            if !memory.write(address, part) {
                break;
            }
            done += length;
        }
        done
    }
}

fn length(segments: &[Segment]) -> u64 {
    segments.iter().map(|segment| u64::from(segment.length)).sum()
}

/// Where `count` bytes from a position on are, piece by piece.
fn parts(segments: &[Segment], position: u64, count: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
    let (mut skip, mut left) = (position, count);
    segments.iter().filter_map(move |segment| {
        let length = u64::from(segment.length);
        let start = skip.min(length);
        skip -= start;
        let take = (length - start).min(left);
        left -= take;
        (take > 0).then_some((segment.address + start, take))
    })
}
