// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which client has what of the disk.
//!
//! One client alone has all of it, so that its guest finds the partitions itself. Of several, client n has the
//! partition n + 1: by the GUID partition table if there is a valid one (UEFI specification, 5.3), else by the four primary
//! entries of the master boot record. A table's copy at the disk's end is not looked at: a table that is damaged is for
//! somebody to repair.

mod crc;
mod gpt;
mod mbr;

use core::fmt;

use sddf_abi::block::BLOCK_SIZE;

use crate::{MAX_CLIENTS, Range};

/// Bytes of a sector: what partition tables and virtio count in.
pub const SECTOR_SIZE: u64 = 512;
/// Sectors of a block.
pub const SECTORS: u64 = BLOCK_SIZE / SECTOR_SIZE;

/// A block's bytes.
pub type Block = [u8; BLOCK_SIZE as usize];

/// Reads blocks of the disk, from its start.
pub trait Source {
    /// Reads a block. False if it cannot be read.
    fn read(&mut self, block: u64, bytes: &mut Block) -> bool;
}

/// Why a client has no disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The disk cannot be read where the partition table is.
    Unreadable,
    /// No such partition.
    Missing,
    /// It does not lie on the disk, or where the partition table is.
    Outside,
    /// It does not begin and end where blocks do.
    Unaligned,
    /// What it has is a client's with a lower number already.
    Overlapping,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "the partition table cannot be read",
            Self::Missing => "there is no such partition",
            Self::Outside => "it does not lie within the disk's part for partitions",
            Self::Unaligned => "it does not begin and end at a multiple of 4096 bytes",
            Self::Overlapping => "it overlaps the partition of another client",
        })
    }
}

/// Sectors of a partition: the first, and the first behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    first: u64,
    end: u64,
}

/// What a table says: partitions by their numbers, from 0, and where they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Table {
    partitions: [Option<Extent>; MAX_CLIENTS],
    usable: Extent,
}

/// The disk's sectors one by one, with the block that was read last.
struct Sectors<'a, R> {
    source: &'a mut R,
    bytes: &'a mut Block,
    block: Option<u64>,
    blocks: u64,
}

impl<R: Source> Sectors<'_, R> {
    fn get(&mut self, sector: u64) -> Option<&[u8]> {
        let block = sector / SECTORS;
        if self.block != Some(block) {
            self.block = None;
            if block >= self.blocks || !self.source.read(block, self.bytes) {
                return None;
            }
            self.block = Some(block);
        }
        let start = (sector % SECTORS * SECTOR_SIZE) as usize;
        self.bytes.get(start..start + SECTOR_SIZE as usize)
    }
}

/// Who has what of a disk of so many blocks, for the clients that there are; `bytes` is for what is read.
pub fn divide(
    source: &mut impl Source,
    bytes: &mut Block,
    blocks: u64,
    is_read_only: bool,
    clients: [bool; MAX_CLIENTS],
) -> [Option<Result<Range, Why>>; MAX_CLIENTS] {
    if clients.iter().filter(|is_there| **is_there).count() == 1 {
        return clients.map(|is_there| is_there.then_some(Ok(Range { first: 0, blocks, is_read_only })));
    }
    let table = read(&mut Sectors { source, bytes, block: None, blocks });
    let mut shares = [None; MAX_CLIENTS];
    for number in (0..MAX_CLIENTS).filter(|number| clients.get(*number) == Some(&true)) {
        let range = table.and_then(|table| table.range(number, blocks, is_read_only));
        let is_taken = |range: &Range| shares.iter().flatten().flatten().any(|other| overlap(range, other));
        let share = range.and_then(|range| if is_taken(&range) { Err(Why::Overlapping) } else { Ok(range) });
        if let Some(place) = shares.get_mut(number) {
            *place = Some(share);
        }
    }
    shares
}

fn overlap(a: &Range, b: &Range) -> bool {
    // Both lie on the disk, so neither end runs over.
    a.first < b.first.saturating_add(b.blocks) && b.first < a.first.saturating_add(a.blocks)
}

fn read<R: Source>(sectors: &mut Sectors<'_, R>) -> Result<Table, Why> {
    let boot = mbr::read(sectors.get(0).ok_or(Why::Unreadable)?).ok_or(Why::Missing)?;
    let guid = if boot.is_protective { gpt::read(sectors)? } else { None };
    Ok(guid.unwrap_or(boot.table))
}

impl Table {
    fn range(&self, number: usize, blocks: u64, is_read_only: bool) -> Result<Range, Why> {
        let Extent { first, end } = self.partitions.get(number).copied().flatten().ok_or(Why::Missing)?;
        let is_within = first >= self.usable.first && end <= self.usable.end;
        if first >= end || !is_within || end > blocks.saturating_mul(SECTORS) {
            return Err(Why::Outside);
        }
        if first % SECTORS != 0 || end % SECTORS != 0 {
            return Err(Why::Unaligned);
        }
        Ok(Range { first: first / SECTORS, blocks: (end - first) / SECTORS, is_read_only })
    }
}

/// A number of four bytes at a place in a sector.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|number| u32::from_le_bytes(*number))
}

/// One of eight.
fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|number| u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests;
