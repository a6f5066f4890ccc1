// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage-2 translation tables: four levels of 512 descriptors, the VSpace being level 0.

use crate::arch::{Memory, ThreadSwitch};
use crate::cap::{Cap, FrameCap, FrameRights, FrameSize, Mapping, derivation};
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::{asid, vspace};
use core::cell::Cell;
use sel4_abi::invocation::Invocation;
use sel4_abi::object::vm_attributes;

/// Entries of a table.
pub const ENTRIES: usize = 512;
const ENTRY_BITS: u32 = 9;
const PAGE_BITS: u32 = sel4_abi::PAGE_BITS as u32;
/// Bits below the index of the VSpace.
const ROOT_SHIFT: u32 = 39;

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

/// A translation table of any level.
#[repr(C, align(4096))]
pub struct PageTable {
    /// Descriptors.
    pub entries: [Cell<u64>; ENTRIES],
}

/// Where the walk for an address ended.
pub struct Place {
    table: Ref<PageTable>,
    index: usize,
    /// Address bits that the entry leaves open: 12, 21, 30 or 39.
    pub bits_left: u8,
}

impl Place {
    /// The descriptor.
    pub fn get(&self) -> u64 {
        self.table.entries[self.index].get()
    }

    /// Replaces the descriptor.
    pub fn set(&self, descriptor: u64) {
        self.table.entries[self.index].set(descriptor);
    }
}

/// Is this a descriptor that means something?
pub const fn is_valid(descriptor: u64) -> bool {
    descriptor & VALID != 0
}

/// Start of the page or block, if the descriptor is one. `bits_left` is its place's.
pub const fn frame_address(descriptor: u64, bits_left: u8) -> Option<u64> {
    let kind = if bits_left as u32 == PAGE_BITS { VALID | TABLE_OR_PAGE } else { VALID };
    if descriptor & (VALID | TABLE_OR_PAGE) == kind { Some(descriptor & ADDRESS) } else { None }
}

/// Start of the next table, if the descriptor, not of the last level, is one.
pub const fn table_address(descriptor: u64) -> Option<u64> {
    if descriptor & (VALID | TABLE_OR_PAGE) == VALID | TABLE_OR_PAGE { Some(descriptor & ADDRESS) } else { None }
}

const fn index(address: u64, shift: u32) -> usize {
    (address >> shift) as usize % ENTRIES
}

/// Walks as far as there are tables.
pub fn walk(root: Ref<PageTable>, address: u64) -> Place {
    let (mut table, mut shift) = (root, ROOT_SHIFT);
    loop {
        let index = index(address, shift);
        let next = if shift > PAGE_BITS { table_address(table.entries[index].get()) } else { None };
        match next.and_then(Ref::from_addr) {
            Some(below) => (table, shift) = (below, shift - ENTRY_BITS),
            None => return Place { table, index, bits_left: shift as u8 },
        }
    }
}

/// The descriptor of a frame. Attributes as in the message.
pub const fn frame_descriptor(paddr: u64, size: FrameSize, rights: FrameRights, attributes: u64) -> u64 {
    let access = match rights {
        FrameRights::KernelOnly => 0,
        FrameRights::ReadOnly => READ,
        FrameRights::ReadWrite => READ | WRITE,
    };
    let memory = if attributes & vm_attributes::PAGE_CACHEABLE != 0 {
        NORMAL_WRITE_BACK | INNER_SHAREABLE
    } else {
        DEVICE_NGNRNE
    };
    let execute = if attributes & vm_attributes::EXECUTE_NEVER != 0 { EXECUTE_NEVER } else { 0 };
    let level = if matches!(size, FrameSize::Small) { TABLE_OR_PAGE } else { 0 };
    paddr | VALID | level | ACCESSED | memory | access | execute
}

/// Enters a table below `root` without any check: boot's. True if the place was free.
pub fn boot_enter(root: Ref<PageTable>, address: u64, table: Ref<PageTable>) -> bool {
    let place = walk(root, address);
    let free = u32::from(place.bits_left) > PAGE_BITS && !is_valid(place.get());
    if free {
        place.set(table.addr() | VALID | TABLE_OR_PAGE);
    }
    free
}

/// Removes the table from the VSpace that it is mapped in, if it still is.
pub fn unmap(kernel: &Kernel, object: Ref<PageTable>, mapping: Mapping) {
    let Some(root) = asid::find(kernel, mapping.asid) else { return };
    let (mut table, mut shift) = (root, ROOT_SHIFT);
    while shift > PAGE_BITS {
        let entry = &table.entries[index(mapping.vaddr, shift)];
        match table_address(entry.get()) {
            Some(address) if address == object.addr() => {
                entry.set(0);
                if let Some(vmid) = asid::vmid(kernel, mapping.asid) {
                    kernel.cpu.arch.invalidate_vmid(vmid);
                }
                // The walk may start here (cores that start at level 1).
                kernel.cpu.arch.reload(kernel);
                return;
            }
            Some(address) => match Ref::from_addr(address) {
                Some(below) => (table, shift) = (below, shift - ENTRY_BITS),
                None => return,
            },
            None => return,
        }
    }
}

/// Invocations of a page-table capability.
pub fn invoke(args: &Args<'_>, object: Ref<PageTable>, mapping: Option<Mapping>) -> InvocationResult {
    const MAP: u64 = Invocation::PageTableMap as u64;
    const UNMAP: u64 = Invocation::PageTableUnmap as u64;
    match args.label {
        MAP => map(args, object, mapping),
        UNMAP => {
            if !derivation::is_last(args.slot) {
                return Err(SyscallError::RevokeFirst);
            }
            if let Some(mapping) = mapping {
                unmap(args.kernel, object, mapping);
                args.kernel.cpu.arch.zero(object.addr(), size_of::<PageTable>() as u64);
            }
            args.slot.update(Cap::PageTable { object, mapping: None });
            Ok(0)
        }
        _ => Err(SyscallError::IllegalOperation),
    }
}

fn map(args: &Args<'_>, object: Ref<PageTable>, mapping: Option<Mapping>) -> InvocationResult {
    args.require(2, 1)?;
    if mapping.is_some() {
        return Err(SyscallError::InvalidCapability(0));
    }
    let address = args.word(0);
    let (root, asid) = vspace::assigned(args, args.cap(0)?.cap(), 1, address)?;
    let place = walk(root, address);
    if u32::from(place.bits_left) == PAGE_BITS || is_valid(place.get()) {
        return Err(SyscallError::DeleteFirst);
    }
    let vaddr = address & !((1 << place.bits_left) - 1);
    place.set(object.addr() | VALID | TABLE_OR_PAGE);
    args.kernel.cpu.arch.publish_tables();
    args.slot.update(Cap::PageTable { object, mapping: Some(Mapping { asid, vaddr }) });
    args.kernel.cpu.arch.reload(args.kernel);
    Ok(0)
}

/// Maps a frame where the walk must end for its size; `None` if tables are missing, with the bits left.
pub fn enter_frame(root: Ref<PageTable>, address: u64, frame: &FrameCap, attributes: u64) -> Result<u64, u8> {
    let place = walk(root, address);
    if place.bits_left != frame.size.bits() {
        return Err(place.bits_left);
    }
    let old = place.get();
    place.set(frame_descriptor(frame.paddr, frame.size, frame.rights, attributes));
    Ok(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors() {
        let d = frame_descriptor(0x4020_0000, FrameSize::Small, FrameRights::ReadWrite, vm_attributes::DEFAULT);
        assert_eq!(d, 0x4020_0000 | 0x7ff);
        let d = frame_descriptor(0x0900_0000, FrameSize::Small, FrameRights::ReadOnly, 0);
        assert_eq!(d, 0x0900_0000 | 0x443);
        let d = frame_descriptor(0x4000_0000, FrameSize::Huge, FrameRights::KernelOnly, 5);
        assert_eq!(d, 0x4000_0000 | 1 << 54 | 0x73d);
        assert_eq!(frame_address(d, 30), Some(0x4000_0000 & ADDRESS));
        assert_eq!(frame_address(d, 12), None);
        assert_eq!(table_address(d), None);
        assert_eq!(table_address(0x5000_0003), Some(0x5000_0000));
        assert_eq!(frame_address(0x5000_0003, 12), Some(0x5000_0000));
    }

    #[test]
    fn walks_down_to_where_tables_end() {
        let tables: Vec<Box<PageTable>> =
            (0..4).map(|_| Box::new(PageTable { entries: [const { Cell::new(0) }; ENTRIES] })).collect();
        let refs: Vec<Ref<PageTable>> = tables.iter().map(|t| Ref::to_part(&**t)).collect();
        let address = 0x0123_4567_8000 & ((1 << 44) - 1);
        for (level, bits) in [39, 30, 21].into_iter().enumerate() {
            assert_eq!(walk(refs[0], address).bits_left, bits);
            assert!(boot_enter(refs[0], address, refs[level + 1]));
        }
        let place = walk(refs[0], address);
        assert_eq!(place.bits_left, 12);
        assert!(!boot_enter(refs[0], address, refs[1]));
        assert_eq!(place.index, 0x78);
        assert_eq!(walk(refs[0], address + (1 << 39)).bits_left, 39);
    }
}
