// SPDX-License-Identifier: MIT OR Apache-2.0
//! The translation tables under which seL4 is entered: the memory of loader and pieces as it is, and the kernel's own
//! window. The kernel makes its own tables at once, but takes MAIR_EL2 and TCR_EL2 over.

use crate::payload::Payload;

/// Bytes of a level-1 entry.
pub const GIB: u64 = 1 << 30;
/// Bytes of a level-2 entry.
pub const LARGE_PAGE: u64 = 1 << 21;
/// Bytes of a level-0 entry: everything physical is in the first.
pub const TABLE_SPAN: u64 = 1 << 39;

/// Attribute n of seL4's memory types is byte n: device nGnRnE, nGnRE, GRE, not cached, normal, write-through.
pub const MAIR: u64 = 0x0000_aaff_440c_0400;
/// 48-bit addresses, 4 KiB pages, write-back inner-shareable walks; the physical address size is added.
pub const TCR: u64 = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 1 << 31;

/// MAIR's attribute of normal memory.
const NORMAL: u64 = 4;
const TABLE: u64 = 3;
/// Normal memory, accessed, inner shareable.
const BLOCK: u64 = 1 | NORMAL << 2 | 3 << 8 | 1 << 10;
/// Device memory (attribute 0), accessed, never executed.
const DEVICE: u64 = 1 | 1 << 10 | 1 << 54;

/// 512 entries.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct Table([u64; 512]);

impl Table {
    /// Maps nothing.
    pub const EMPTY: Self = Self([0; 512]);
}

/// All of them.
#[derive(Debug)]
#[repr(C)]
pub struct Tables {
    root: Table,
    low: Table,
    high: Table,
    window: Table,
}

impl Tables {
    /// Nothing mapped.
    pub const EMPTY: Self = Self { root: Table::EMPTY, low: Table::EMPTY, high: Table::EMPTY, window: Table::EMPTY };

    /// Maps what a checked payload needs; these tables lie at `base`, the loader's image ends at `end`.
    pub fn fill(&mut self, base: u64, end: u64, payload: &Payload) {
        let at = |n: u64| base + n * size_of::<Table>() as u64;
        self.root.0[0] = at(1) | TABLE;
        self.root.0[index(payload.kernel_vaddr, 39)] = at(2) | TABLE;
        self.high.0[index(payload.kernel_vaddr, 30)] = at(3) | TABLE;
        self.low.0[index(payload.uart, 30)] = (payload.uart / GIB * GIB) | DEVICE;
        for range in payload.pieces().map(|piece| piece.target()).into_iter().chain(core::iter::once(base..end)) {
            for gib in range.start / GIB..=(range.end - 1) / GIB {
                self.low.0[gib as usize] = (gib * GIB) | BLOCK;
            }
        }
        let first = index(payload.kernel_vaddr, 21);
        let start = payload.kernel.to / LARGE_PAGE * LARGE_PAGE;
        for (n, entry) in self.window.0[first..].iter_mut().enumerate() {
            *entry = (start + n as u64 * LARGE_PAGE) | BLOCK;
        }
    }
}

const fn index(address: u64, shift: u32) -> usize {
    (address >> shift) as usize & 511
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::tests::{IMAGE, payload};

    const BASE: u64 = 0x4020_4000;

    /// As the hardware walks.
    fn translate(tables: &Tables, address: u64) -> Option<u64> {
        let all = [&tables.root, &tables.low, &tables.high, &tables.window];
        let mut table = 0;
        for shift in [39, 30, 21] {
            let entry = all[table].0[index(address, shift)];
            match entry & 3 {
                1 => return Some((entry & 0xffff_ffff_f000) | (address & ((1 << shift) - 1))),
                3 => table = ((entry & 0xffff_ffff_f000) - BASE) as usize / 4096,
                _ => return None,
            }
        }
        None
    }

    #[test]
    fn loader_pieces_and_window_are_mapped_and_nothing_else() {
        let mut tables = Box::new(Tables::EMPTY);
        tables.fill(BASE, IMAGE.end, &payload());
        for same in [0x4020_0000, BASE, 0x6000_0000, 0x6034_9fff, 0x900_0000] {
            assert_eq!(translate(&tables, same), Some(same), "{same:#x}");
        }
        assert_eq!(translate(&tables, 0xff_c000_0000), Some(0x6000_0000));
        assert_eq!(translate(&tables, 0xff_c024_6ff8), Some(0x6024_6ff8));
        for none in [0x8000_0000, 0x80_0000_0000, 0xff_8000_0000, 0x7fff_ffff_f000] {
            assert_eq!(translate(&tables, none), None, "{none:#x}");
        }
    }
}
