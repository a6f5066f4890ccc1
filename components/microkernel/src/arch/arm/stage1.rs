// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own translation tables: identity, 39-bit addresses, blocks as large as they fit.
//!
//! Entries only ever go from invalid to valid, so no TLB maintenance is needed.

/// Entries of a table.
const ENTRIES: usize = 512;
/// The tables, the first of which is the root (level 1). Enough for the kernel's 2 MiB in pages, devices, the device
/// tree, and some twenty ends of RAM that are not whole GiB or not whole blocks.
pub const TABLES: usize = 28;
/// Address bits: what `TCR_EL2.T0SZ` is made of.
pub const ADDRESS_BITS: u64 = 39;

/// Kinds of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Executable and read-only.
    Text,
    /// Read-only.
    Rodata,
    /// Writable, not executable.
    Data,
    /// Device-nGnRE.
    Device,
}

/// MAIR_EL2: 0 normal write-back, 1 Device-nGnRE.
pub const MAIR: u64 = 0x04ff;

const VALID: u64 = 1;
const TABLE_OR_PAGE: u64 = 1 << 1;
const DEVICE_INDEX: u64 = 1 << 2;
const RES1_AP1: u64 = 1 << 6;
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const ACCESSED: u64 = 1 << 10;
const EXECUTE_NEVER: u64 = 1 << 54;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

impl Kind {
    const fn attributes(self) -> u64 {
        let common = VALID | RES1_AP1 | INNER_SHAREABLE | ACCESSED;
        match self {
            Self::Text => common | READ_ONLY,
            Self::Rodata => common | READ_ONLY | EXECUTE_NEVER,
            Self::Data => common | EXECUTE_NEVER,
            Self::Device => common | DEVICE_INDEX | EXECUTE_NEVER,
        }
    }
}

/// Does this leaf entry map RAM?
pub const fn is_ram(entry: u64) -> bool {
    entry & DEVICE_INDEX == 0
}

/// Tables in memory, page-aligned so that the hardware can walk them.
#[repr(C, align(4096))]
pub struct Tables {
    entries: [[u64; ENTRIES]; TABLES],
    used: usize,
}

/// Nothing more could be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// All tables are in use.
    NoTables,
    /// Not a multiple of 4 KiB, or beyond [`ADDRESS_BITS`].
    Range,
}

impl Default for Tables {
    fn default() -> Self {
        Self::new()
    }
}

impl Tables {
    /// Nothing is mapped.
    pub const fn new() -> Self {
        Self { entries: [[0; ENTRIES]; TABLES], used: 1 }
    }

    /// Maps `start..end` on itself; what is mapped already stays as it is. `base` is where the tables are.
    pub fn map(&mut self, base: u64, start: u64, end: u64, kind: Kind) -> Result<(), MapError> {
        if !(start | end).is_multiple_of(4096) || end > 1 << ADDRESS_BITS {
            return Err(MapError::Range);
        }
        let mut at = start;
        while at < end {
            at += self.map_one(base, at, end - at, kind)?;
        }
        Ok(())
    }

    /// Maps the largest block that starts at `at` and is not larger than `room`; returns its size.
    fn map_one(&mut self, base: u64, at: u64, room: u64, kind: Kind) -> Result<u64, MapError> {
        let mut table = 0;
        for level in 1..=3u64 {
            let shift = 39 - 9 * level;
            let size = 1 << shift;
            let index = (at >> shift) as usize % ENTRIES;
            let entry = self.entries[table][index];
            let is_table = level < 3 && entry & (VALID | TABLE_OR_PAGE) == VALID | TABLE_OR_PAGE;
            if entry & VALID != 0 && !is_table {
                return Ok(size - at % size);
            }
            if entry & VALID == 0 && room >= size && at.is_multiple_of(size) {
                let page = if level == 3 { TABLE_OR_PAGE } else { 0 };
                self.entries[table][index] = at | kind.attributes() | page;
                return Ok(size);
            }
            table = if is_table {
                ((entry & ADDRESS) - base) as usize / 4096
            } else {
                let new = self.used;
                if new == TABLES {
                    return Err(MapError::NoTables);
                }
                self.used += 1;
                self.entries[table][index] = (base + 4096 * new as u64) | VALID | TABLE_OR_PAGE;
                new
            };
        }
        Err(MapError::Range)
    }

    /// What an address is mapped to and how: the leaf entry.
    pub fn lookup(&self, base: u64, at: u64) -> Option<u64> {
        let mut table = 0;
        for level in 1..=3u64 {
            let entry = self.entries[table][(at >> (39 - 9 * level)) as usize % ENTRIES];
            match entry & 3 {
                3 if level < 3 => table = ((entry & ADDRESS) - base) as usize / 4096,
                0 | 2 => return None,
                _ => return Some(entry),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 0x4030_0000;

    fn made() -> Box<Tables> {
        let mut t = Box::new(Tables::new());
        t.map(BASE, 0x4020_0000, 0x4021_0000, Kind::Text).unwrap();
        t.map(BASE, 0x4021_0000, 0x4022_0000, Kind::Rodata).unwrap();
        t.map(BASE, 0x4022_0000, 0x4024_0000, Kind::Data).unwrap();
        t.map(BASE, 0x0900_0000, 0x0900_1000, Kind::Device).unwrap();
        t.map(BASE, 0x4000_0000, 0xc000_0000, Kind::Data).unwrap();
        t
    }

    #[test]
    fn never_writable_and_executable() {
        let t = made();
        // Each page; for Miri, which would take four minutes, each 509th.
        let step = if cfg!(miri) { 509 * 4096 } else { 4096 };
        for at in (0x4000_0000..0xc000_0000u64).step_by(step) {
            let e = t.lookup(BASE, at).unwrap();
            assert!(e & EXECUTE_NEVER != 0 || e & READ_ONLY != 0, "{at:#x}");
        }
        assert_eq!(t.lookup(BASE, 0x4020_f000).unwrap() & (EXECUTE_NEVER | READ_ONLY), READ_ONLY);
        assert_eq!(t.lookup(BASE, 0x4021_0000).unwrap() & READ_ONLY, READ_ONLY);
        assert_eq!(t.lookup(BASE, 0x4022_0000).unwrap() & READ_ONLY, 0);
        assert_eq!(t.lookup(BASE, 0x4024_0000).unwrap() & READ_ONLY, 0);
    }

    #[test]
    fn identity_with_large_blocks() {
        let t = made();
        assert_eq!(t.lookup(BASE, 0x8123_4000).unwrap() & ADDRESS, 0x8000_0000);
        assert_eq!(t.lookup(BASE, 0x4123_4000).unwrap() & ADDRESS, 0x4120_0000);
        assert_eq!(t.lookup(BASE, 0x4020_5000).unwrap() & ADDRESS, 0x4020_5000);
        assert_eq!(t.lookup(BASE, 0x0900_0000).unwrap() & DEVICE_INDEX, DEVICE_INDEX);
        assert_eq!(t.lookup(BASE, 0x0900_1000), None);
        assert!(t.used <= 6);
    }

    #[test]
    fn says_when_it_is_full() {
        let mut t = Box::new(Tables::new());
        let result = (0..TABLES as u64).try_for_each(|g| t.map(BASE, g << 30, (g << 30) + 4096, Kind::Data));
        assert_eq!(result, Err(MapError::NoTables));
        assert_eq!(t.map(BASE, 0, 1 << 40, Kind::Data), Err(MapError::Range));
        assert_eq!(t.map(BASE, 1, 4096, Kind::Data), Err(MapError::Range));
    }
}
