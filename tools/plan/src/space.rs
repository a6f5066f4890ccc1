// SPDX-License-Identifier: MIT OR Apache-2.0
//! Address spaces: which page tables they need, and that nothing overlaps.

use std::collections::{BTreeMap, BTreeSet};

use super::object::ObjectId;

/// Address bits that a table below the VSpace translates from, top level first.
const TABLE_SHIFTS: [u8; 3] = [39, 30, 21];

/// A VSpace under construction.
#[derive(Clone, Debug)]
pub struct Space {
    /// Root object.
    pub vspace: ObjectId,
    used: BTreeMap<u64, (u64, String)>,
    tables: [BTreeSet<u64>; TABLE_SHIFTS.len()],
}

/// Two things at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// What was there before.
    pub other: String,
    /// Its first address.
    pub start: u64,
    /// One past its last.
    pub end: u64,
}

impl Space {
    /// Nothing mapped.
    pub fn new(vspace: ObjectId) -> Self {
        Self { vspace, used: BTreeMap::new(), tables: Default::default() }
    }

    /// Takes `len` bytes at `vaddr` for `what`, in pages of `page_bits`.
    pub fn reserve(&mut self, vaddr: u64, len: u64, page_bits: u8, what: &str) -> Result<(), Overlap> {
        let end = vaddr + len;
        if let Some((&start, (other_end, other))) = self.used.range(..end).next_back()
            && *other_end > vaddr
        {
            return Err(Overlap { other: other.clone(), start, end: *other_end });
        }
        self.used.insert(vaddr, (end, what.into()));
        for (shift, tables) in TABLE_SHIFTS.iter().zip(&mut self.tables) {
            if *shift >= page_bits && (page_bits == 12 || *shift > 21) {
                tables.extend((vaddr >> shift..=(end - 1) >> shift).map(|index| index << shift));
            }
        }
        Ok(())
    }

    /// Start addresses of the page tables, upper levels first.
    pub fn tables(&self) -> impl Iterator<Item = u64> + '_ {
        self.tables.iter().flatten().copied()
    }

    /// How many page tables.
    pub fn table_count(&self) -> u32 {
        self.tables.iter().map(|tables| tables.len() as u32).sum()
    }

    /// What is where, by address.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64, &str)> {
        self.used.iter().map(|(&start, (end, what))| (start, *end, what.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_found() {
        let mut space = Space::new(ObjectId(0));
        space.reserve(0x20_0000, 0x3000, 12, "a").unwrap();
        space.reserve(0x20_3000, 0x1000, 12, "b").unwrap();
        let overlap = space.reserve(0x20_2000, 0x1000, 12, "c").unwrap_err();
        assert_eq!(overlap, Overlap { other: "a".into(), start: 0x20_0000, end: 0x20_3000 });
        assert_eq!(space.reserve(0x1f_f000, 0x10_0000, 12, "c").unwrap_err().other, "b");
        space.reserve(0x1f_f000, 0x1000, 12, "c").unwrap();
    }

    #[test]
    fn every_level_once_and_in_order() {
        let mut space = Space::new(ObjectId(0));
        space.reserve(0x4000_0000, 0x20_0000, 21, "large").unwrap();
        assert_eq!(space.tables().collect::<Vec<_>>(), [0, 0x4000_0000]);
        space.reserve(0x4020_0000, 0x1000, 12, "small").unwrap();
        space.reserve(0x3fdf_f000, 0x2000, 12, "across").unwrap();
        let tables = [0, 0, 0x4000_0000, 0x3fc0_0000, 0x3fe0_0000, 0x4020_0000];
        assert_eq!(space.tables().collect::<Vec<_>>(), tables);
        assert_eq!(space.table_count(), 6);
    }
}
