// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage-2 descriptors (Arm ARM D4.3): what the hardware reads in them, and what the kernel notes in the bits that the
//! hardware leaves to software: 58:55 of a page or block, 58:51 of a table.
//!
//! | bit of a page or block | says |
//! |---|---|
//! | 55 | its mapping granted execution |
//! | 58:56 | the access that its mapping granted, and what the dirty log knows ([`Log`]) |
//!
//! | bit of a table | says |
//! |---|---|
//! | 55 | a block was split into its pages, and nothing else was mapped there since |

use crate::cap::{FrameRights, FrameSize};
use sel4_abi::object::vm_attributes;

const PAGE_BITS: u32 = sel4_abi::PAGE_BITS as u32;

const VALID: u64 = 1;
const TABLE_OR_PAGE: u64 = 1 << 1;
const NORMAL_WRITE_BACK: u64 = 0b1111 << 2;
const DEVICE_NGNRNE: u64 = 0;
const READ: u64 = 1 << 6;
const WRITE: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const ACCESSED: u64 = 1 << 10;
const EXECUTE_NEVER: u64 = 1 << 54;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Of a page or block: execution was granted.
const GRANTED_EXECUTE: u64 = 1 << 55;
/// Of a page or block: the access that was granted, with the log's state.
const NOTE_SHIFT: u32 = 56;
const NOTE: u64 = 7 << NOTE_SHIFT;
/// Of a table.
const SPLIT: u64 = 1 << 55;

/// Values of the note. Writing can be allowed in a page that the log has made read-only for the hardware: then the note
/// says so, for the hardware's bit cannot.
mod note {
    pub const NO_ACCESS: u64 = 0;
    pub const READ: u64 = 1;
    pub const WRITE: u64 = 2;
    pub const WRITE_DIRTY: u64 = 3;
    pub const WRITE_CLEAN: u64 = 4;
    pub const WRITE_CLEAN_NOT_ALLOWED: u64 = 5;
}

/// What may be done in a page or block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Loads and stores.
    pub access: FrameRights,
    /// Instruction fetches.
    pub execute: bool,
}

impl Rights {
    /// No more than these.
    #[inline]
    pub const fn is_within(self, granted: Self) -> bool {
        self.access as u8 <= granted.access as u8 && (granted.execute || !self.execute)
    }
}

/// What the dirty log knows of a page that its mapping lets be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Nothing: it is not logged.
    Off,
    /// Not written since it was asked about last. The hardware does not let it be written.
    Clean,
    /// Written.
    Dirty,
}

/// What a page's or block's descriptor says beside address and kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What its mapping granted: nothing later allows more.
    pub granted: Rights,
    /// What is allowed now.
    pub allowed: Rights,
    /// What the dirty log knows.
    pub log: Log,
}

impl Leaf {
    /// As its mapping granted it.
    pub const fn fresh(granted: Rights) -> Self {
        Self { granted, allowed: granted, log: Log::Off }
    }

    /// Of a page's or block's descriptor.
    #[inline]
    pub const fn of(descriptor: u64) -> Self {
        let (granted, log) = match (descriptor & NOTE) >> NOTE_SHIFT {
            note::READ => (FrameRights::ReadOnly, Log::Off),
            note::WRITE => (FrameRights::ReadWrite, Log::Off),
            note::WRITE_DIRTY => (FrameRights::ReadWrite, Log::Dirty),
            note::WRITE_CLEAN | note::WRITE_CLEAN_NOT_ALLOWED => (FrameRights::ReadWrite, Log::Clean),
            _ => (FrameRights::KernelOnly, Log::Off),
        };
        let writable = descriptor & WRITE != 0 || (descriptor & NOTE) >> NOTE_SHIFT == note::WRITE_CLEAN;
        let access = match descriptor & READ != 0 {
            true if writable => FrameRights::ReadWrite,
            true => FrameRights::ReadOnly,
            false => FrameRights::KernelOnly,
        };
        Self {
            granted: Rights { access: granted, execute: descriptor & GRANTED_EXECUTE != 0 },
            allowed: Rights { access, execute: descriptor & EXECUTE_NEVER == 0 },
            log,
        }
    }

    /// The descriptor with this in place of what it says.
    #[inline]
    pub const fn put_in(self, descriptor: u64) -> u64 {
        let can_write = matches!(self.allowed.access, FrameRights::ReadWrite);
        let note = match (self.granted.access, self.log) {
            (FrameRights::KernelOnly, _) => note::NO_ACCESS,
            (FrameRights::ReadOnly, _) => note::READ,
            (FrameRights::ReadWrite, Log::Off) => note::WRITE,
            (FrameRights::ReadWrite, Log::Dirty) => note::WRITE_DIRTY,
            (FrameRights::ReadWrite, Log::Clean) if can_write => note::WRITE_CLEAN,
            (FrameRights::ReadWrite, Log::Clean) => note::WRITE_CLEAN_NOT_ALLOWED,
        };
        let read = if matches!(self.allowed.access, FrameRights::KernelOnly) { 0 } else { READ };
        let write = if can_write && !matches!(self.log, Log::Clean) { WRITE } else { 0 };
        let execute = if self.allowed.execute { 0 } else { EXECUTE_NEVER };
        let granted = if self.granted.execute { GRANTED_EXECUTE } else { 0 };
        descriptor & !(NOTE | GRANTED_EXECUTE | EXECUTE_NEVER | READ | WRITE)
            | note << NOTE_SHIFT
            | granted
            | execute
            | read
            | write
    }
}

/// Is this a descriptor that means something?
pub const fn is_valid(descriptor: u64) -> bool {
    descriptor & VALID != 0
}

/// Start of the page or block, if the descriptor is one. `bits_left` is its place's.
#[inline]
pub const fn frame_address(descriptor: u64, bits_left: u8) -> Option<u64> {
    let kind = if bits_left as u32 == PAGE_BITS { VALID | TABLE_OR_PAGE } else { VALID };
    if descriptor & (VALID | TABLE_OR_PAGE) == kind { Some(descriptor & ADDRESS) } else { None }
}

/// Start of the next table, if the descriptor, not of the last level, is one.
#[inline]
pub const fn table_address(descriptor: u64) -> Option<u64> {
    if descriptor & (VALID | TABLE_OR_PAGE) == VALID | TABLE_OR_PAGE { Some(descriptor & ADDRESS) } else { None }
}

/// The descriptor of a frame. Attributes as in the message.
pub const fn frame_descriptor(paddr: u64, size: FrameSize, rights: FrameRights, attributes: u64) -> u64 {
    let memory = if attributes & vm_attributes::PAGE_CACHEABLE != 0 {
        NORMAL_WRITE_BACK | INNER_SHAREABLE
    } else {
        DEVICE_NGNRNE
    };
    let granted = Rights { access: rights, execute: attributes & vm_attributes::EXECUTE_NEVER == 0 };
    let level = if matches!(size, FrameSize::Small) { TABLE_OR_PAGE } else { 0 };
    Leaf::fresh(granted).put_in(paddr | VALID | level | ACCESSED | memory)
}

/// The descriptor of a table.
pub const fn table_descriptor(table: u64) -> u64 {
    table | VALID | TABLE_OR_PAGE
}

/// The descriptor of a table that holds the pages of the block that was there.
pub const fn split_table_descriptor(table: u64) -> u64 {
    table_descriptor(table) | SPLIT
}

/// A table's descriptor that says [`split_table_descriptor`].
pub const fn is_split_table(descriptor: u64) -> bool {
    table_address(descriptor).is_some() && descriptor & SPLIT != 0
}

/// A table's descriptor once anything else may be in the table.
pub const fn mixed_table(descriptor: u64) -> u64 {
    descriptor & !SPLIT
}

/// Page `index` of a block that is one level above pages.
pub const fn page_of_block(block: u64, index: usize) -> u64 {
    (block | TABLE_OR_PAGE) + ((index as u64) << PAGE_BITS)
}

/// The block of which this is the first page, as the mapping granted it.
pub const fn block_of_first_page(page: u64) -> u64 {
    Leaf::fresh(Leaf::of(page).granted).put_in(page & !TABLE_OR_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCESSES: [FrameRights; 3] = [FrameRights::KernelOnly, FrameRights::ReadOnly, FrameRights::ReadWrite];

    #[test]
    fn descriptors() {
        let d = frame_descriptor(0x4020_0000, FrameSize::Small, FrameRights::ReadWrite, vm_attributes::DEFAULT);
        assert_eq!(d, 0x4020_0000 | 0x7ff | 5 << 55);
        let d = frame_descriptor(0x0900_0000, FrameSize::Small, FrameRights::ReadOnly, 0);
        assert_eq!(d, 0x0900_0000 | 0x443 | 3 << 55);
        let d = frame_descriptor(0x4000_0000, FrameSize::Huge, FrameRights::KernelOnly, 5);
        assert_eq!(d, 0x4000_0000 | 1 << 54 | 0x73d);
        assert_eq!(frame_address(d, 30), Some(0x4000_0000));
        assert_eq!(frame_address(d, 12), None);
        assert_eq!(table_address(d), None);
        assert_eq!(table_address(0x5000_0003), Some(0x5000_0000));
        assert_eq!(frame_address(0x5000_0003, 12), Some(0x5000_0000));
    }

    /// All that a descriptor can say of a page.
    fn every_leaf() -> Vec<Leaf> {
        let rights = || ACCESSES.into_iter().flat_map(|access| [true, false].map(|execute| Rights { access, execute }));
        let pairs = rights().flat_map(|granted| rights().map(move |allowed| (granted, allowed)));
        let logs = |granted: Rights| match granted.access {
            FrameRights::ReadWrite => &[Log::Off, Log::Clean, Log::Dirty][..],
            _ => &[Log::Off],
        };
        pairs
            .filter(|(granted, allowed)| allowed.is_within(*granted))
            .flat_map(|(granted, allowed)| logs(granted).iter().map(move |&log| Leaf { granted, allowed, log }))
            .collect()
    }

    #[test]
    fn every_leaf_survives_a_round_trip() {
        assert_eq!(every_leaf().len(), 36);
        let rest = 0x1234_5000 | VALID | TABLE_OR_PAGE | ACCESSED | NORMAL_WRITE_BACK | INNER_SHAREABLE;
        for leaf in every_leaf() {
            for before in every_leaf() {
                let descriptor = leaf.put_in(before.put_in(rest));
                assert_eq!(Leaf::of(descriptor), leaf);
                assert_eq!(descriptor & !(15 << 55 | EXECUTE_NEVER | READ | WRITE), rest, "the rest stays");
            }
        }
    }

    /// The hardware lets nothing be done that is not allowed, and no clean page be written.
    #[test]
    fn hardware_reads_no_more_than_is_allowed() {
        for leaf in every_leaf() {
            let d = leaf.put_in(0);
            assert_eq!(d & READ != 0, leaf.allowed.access != FrameRights::KernelOnly);
            assert_eq!(d & WRITE != 0, leaf.allowed.access == FrameRights::ReadWrite && leaf.log != Log::Clean);
            assert_eq!(d & EXECUTE_NEVER == 0, leaf.allowed.execute);
        }
    }

    #[test]
    fn rights_within_rights() {
        let rights = |access, execute| Rights { access, execute };
        assert!(rights(FrameRights::ReadOnly, false).is_within(rights(FrameRights::ReadWrite, true)));
        assert!(rights(FrameRights::ReadOnly, true).is_within(rights(FrameRights::ReadOnly, true)));
        assert!(!rights(FrameRights::ReadWrite, false).is_within(rights(FrameRights::ReadOnly, true)));
        assert!(!rights(FrameRights::KernelOnly, true).is_within(rights(FrameRights::ReadWrite, false)));
    }

    #[test]
    fn a_block_and_its_pages() {
        let block = frame_descriptor(0x4020_0000, FrameSize::Large, FrameRights::ReadWrite, 5);
        for index in [0, 1, 511] {
            let page = page_of_block(block, index);
            let wanted =
                frame_descriptor(0x4020_0000 + ((index as u64) << 12), FrameSize::Small, FrameRights::ReadWrite, 5);
            assert_eq!(page, wanted);
        }
        let leaf = Leaf::of(block);
        let restricted = Leaf { allowed: Rights { access: FrameRights::ReadOnly, execute: false }, ..leaf };
        assert_eq!(block_of_first_page(restricted.put_in(page_of_block(block, 0))), block);
    }

    #[test]
    fn tables_remember_that_they_were_blocks() {
        let table = split_table_descriptor(0x5000_0000);
        assert!(is_split_table(table) && !is_split_table(table_descriptor(0x5000_0000)));
        assert_eq!(table_address(table), Some(0x5000_0000));
        assert_eq!(mixed_table(table), table_descriptor(0x5000_0000));
        // A block that grants execution has the same bit, and is no table.
        assert!(!is_split_table(frame_descriptor(0, FrameSize::Large, FrameRights::ReadOnly, 0)));
    }
}
