// SPDX-License-Identifier: MIT OR Apache-2.0
//! The GUID partition table.

use super::crc::Crc;
use super::{Extent, SECTOR_SIZE, Sectors, Source, Table, Why, u32_at, u64_at};
use crate::MAX_CLIENTS;

const SIGNATURE: &[u8] = b"EFI PART";
/// Where the header is.
const HEADER: u64 = 1;
/// Bytes that every header has, and those of the smallest entry.
const HEADER_SIZE: usize = 92;
const ENTRY_SIZE: u64 = 128;
/// A table has 16 KiB on most disks. One that is much longer is not read: this PD would be busy with it for nobody's good.
const MAX_ENTRIES_SIZE: u64 = 128 << 10;

struct Header {
    usable: Extent,
    entries: u64,
    count: u64,
    entry_size: u64,
    entries_crc: u32,
}

/// The table, if there is a valid one.
pub fn read<R: Source>(sectors: &mut Sectors<'_, R>) -> Result<Option<Table>, Why> {
    let header = Header::parse(sectors.get(HEADER).ok_or(Why::Unreadable)?);
    match header.filter(Header::is_sound) {
        Some(header) => header.read_entries(sectors),
        None => Ok(None),
    }
}

impl Header {
    fn parse(sector: &[u8]) -> Option<Self> {
        let size = u32_at(sector, 12)? as usize;
        let header = sector.get(..size).filter(|header| header.len() >= HEADER_SIZE)?;
        // The checksum counts as zeros in itself.
        let crc = Crc::new().add(header.get(..16)?).add(&[0; 4]).add(header.get(20..)?);
        if !header.starts_with(SIGNATURE) || crc.value() != u32_at(header, 16)? || u64_at(header, 24)? != HEADER {
            return None;
        }
        Some(Self {
            usable: Extent { first: u64_at(header, 40)?, end: u64_at(header, 48)?.checked_add(1)? },
            entries: u64_at(header, 72)?,
            count: u64::from(u32_at(header, 80)?),
            entry_size: u64::from(u32_at(header, 84)?),
            entries_crc: u32_at(header, 88)?,
        })
    }

    fn size(&self) -> u64 {
        self.count * self.entry_size
    }

    /// Entries of a size that can be, not too many, and in front of all partitions: no client may write them.
    fn is_sound(&self) -> bool {
        let end = self.entries.checked_add(self.size().div_ceil(SECTOR_SIZE));
        self.entry_size >= ENTRY_SIZE
            && self.entry_size.is_power_of_two()
            && self.count > 0
            && self.size() <= MAX_ENTRIES_SIZE
            && self.entries > HEADER
            && end.is_some_and(|end| end <= self.usable.first)
    }

    fn read_entries<R: Source>(&self, sectors: &mut Sectors<'_, R>) -> Result<Option<Table>, Why> {
        let mut partitions = [None; MAX_CLIENTS];
        let mut crc = Crc::new();
        for (sector, start) in (self.entries..).zip((0..self.size()).step_by(SECTOR_SIZE as usize)) {
            let bytes = sectors.get(sector).ok_or(Why::Unreadable)?;
            let length = SECTOR_SIZE.min(self.size() - start) as usize;
            crc = crc.add(bytes.get(..length).unwrap_or(bytes));
            for (place, number) in partitions.iter_mut().zip(0..self.count) {
                // An entry's first bytes never cross the end of a sector.
                let offset = (number * self.entry_size).checked_sub(start).filter(|offset| *offset < SECTOR_SIZE);
                let entry = offset.and_then(|offset| bytes.get(offset as usize..));
                *place = entry.map_or(*place, partition);
            }
        }
        let is_valid = crc.value() == self.entries_crc;
        Ok(is_valid.then_some(Table { partitions, usable: self.usable }))
    }
}

/// The entry's partition; one without a type is none.
fn partition(entry: &[u8]) -> Option<Extent> {
    entry.get(..16)?.iter().any(|byte| *byte != 0).then_some(())?;
    Some(Extent { first: u64_at(entry, 32)?, end: u64_at(entry, 40)?.checked_add(1)? })
}
