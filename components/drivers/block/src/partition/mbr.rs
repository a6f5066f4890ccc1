// SPDX-License-Identifier: MIT OR Apache-2.0
//! The master boot record.

use super::{Extent, Table, u32_at};
use crate::MAX_CLIENTS;

/// Where the entries are, and bytes of each.
const ENTRIES: usize = 446;
const ENTRY_SIZE: usize = 16;
/// The last two bytes of a record.
const SIGNATURE: [u8; 2] = [0x55, 0xaa];
/// The kind of an entry that stands for a whole disk with a GUID partition table.
const PROTECTIVE: u8 = 0xee;

/// What a boot record says.
pub struct BootRecord {
    /// There may be another table, and this one is only for those who do not know it.
    pub is_protective: bool,
    /// The primary partitions.
    pub table: Table,
}

/// Of the disk's first sector.
pub fn read(sector: &[u8]) -> Option<BootRecord> {
    if sector.get(510..512)? != SIGNATURE {
        return None;
    }
    let mut partitions = [None; MAX_CLIENTS];
    let mut is_protective = false;
    for (place, number) in partitions.iter_mut().zip(0..4) {
        let entry = sector.get(ENTRIES + number * ENTRY_SIZE..)?;
        let kind = *entry.get(4)?;
        is_protective |= kind == PROTECTIVE;
        let (first, length) = (u64::from(u32_at(entry, 8)?), u64::from(u32_at(entry, 12)?));
        *place = (kind != 0 && kind != PROTECTIVE && length > 0).then_some(Extent { first, end: first + length });
    }
    // The record itself is no client's.
    Some(BootRecord { is_protective, table: Table { partitions, usable: Extent { first: 1, end: u64::MAX } } })
}
