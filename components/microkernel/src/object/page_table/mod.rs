// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage-2 translation tables: four levels of 512 descriptors, the VSpace being level 0.

pub(crate) mod split;

pub use crate::arch::arm::stage2::{frame_address, is_valid, table_address};

use crate::arch::arm::stage2::{frame_descriptor, is_split_table, mixed_table, table_descriptor};
use crate::arch::{Memory, ThreadSwitch};
use crate::cap::{Cap, FrameCap, FrameSize, Mapping, derivation};
use crate::cspace::LookupFailure;
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::{asid, vspace};
use core::cell::Cell;
use sel4_abi::invocation::Invocation;

/// Entries of a table.
pub const ENTRIES: usize = 512;
const ENTRY_BITS: u32 = 9;
const PAGE_BITS: u32 = sel4_abi::PAGE_BITS as u32;
/// Bits below the index of the VSpace.
const ROOT_SHIFT: u32 = 39;

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
    /// The entry. The remainder is the index: so says a compiler that does not see where it is from.
    #[inline(always)]
    pub fn entry(&self) -> &Cell<u64> {
        &self.table.entries[self.index % ENTRIES]
    }

    /// The descriptor.
    pub fn get(&self) -> u64 {
        self.entry().get()
    }

    /// Replaces the descriptor.
    pub fn set(&self, descriptor: u64) {
        self.entry().set(descriptor);
    }

    /// The frame that is mapped here.
    pub fn frame(&self) -> Option<u64> {
        frame_address(self.get(), self.bits_left)
    }

    /// The table that the entry points to.
    pub fn table_below(&self) -> Option<Ref<PageTable>> {
        if u32::from(self.bits_left) == PAGE_BITS { None } else { table_address(self.get()).and_then(Ref::from_addr) }
    }

    /// The table whose entries are the pages of the block that was here.
    pub fn split_block(&self) -> Option<Ref<PageTable>> {
        self.table_below().filter(|_| is_split_table(self.get()))
    }

    /// Why nothing more could be found.
    pub const fn missing(&self) -> SyscallError {
        SyscallError::FailedLookup {
            source: false,
            failure: LookupFailure::MissingCapability { bits_left: self.bits_left },
        }
    }

    /// Replaces the descriptor of an address in the VSpace of an ASID, whatever there was.
    ///
    /// A valid one is broken before the other is made (Arm ARM D5.10.1): nothing of size, address, memory type or
    /// shareability may change while a TLB can have both.
    pub fn replace(&self, kernel: &Kernel, asid: u16, address: u64, descriptor: u64) {
        let old = self.get();
        if is_valid(old) {
            self.set(0);
            match frame_address(old, self.bits_left) {
                Some(_) => forget_address(kernel, asid, address),
                None => forget_all(kernel, asid),
            }
        }
        self.set(descriptor);
        kernel.cpu.arch.publish_tables();
    }
}

/// The TLB forgets the page or block at an address.
pub fn forget_address(kernel: &Kernel, asid: u16, address: u64) {
    if let Some(vmid) = asid::vmid(kernel, asid) {
        kernel.cpu.arch.invalidate_address(vmid, address);
    }
}

/// The TLB forgets everything of a VSpace.
pub fn forget_all(kernel: &Kernel, asid: u16) {
    if let Some(vmid) = asid::vmid(kernel, asid) {
        kernel.cpu.arch.invalidate_vmid(vmid);
    }
}

const fn index(address: u64, shift: u32) -> usize {
    (address >> shift) as usize % ENTRIES
}

/// Walks as far as there are tables.
pub fn walk(root: Ref<PageTable>, address: u64) -> Place {
    walk_to(root, address, PAGE_BITS as u8)
}

/// Walks as far as there are tables, but not beyond the level whose entries leave so many bits open.
pub fn walk_to(root: Ref<PageTable>, address: u64, least: u8) -> Place {
    let (mut table, mut shift) = (root, ROOT_SHIFT);
    loop {
        let index = index(address, shift);
        let next = if shift > u32::from(least) { table_address(table.entries[index].get()) } else { None };
        match next.and_then(Ref::from_addr) {
            Some(below) => (table, shift) = (below, shift - ENTRY_BITS),
            None => return Place { table, index, bits_left: shift as u8 },
        }
    }
}

/// Visits the entries of consecutive pages, each of which is mapped, with their numbers from 0 on.
pub fn each_page(
    root: Ref<PageTable>,
    first: u64,
    pages: usize,
    mut visit: impl FnMut(usize, &Cell<u64>) -> Result<(), SyscallError>,
) -> Result<(), SyscallError> {
    let mut done = 0;
    while done < pages {
        let mut place = walk(root, first + ((done as u64) << PAGE_BITS));
        if u32::from(place.bits_left) != PAGE_BITS {
            return Err(place.missing());
        }
        // The rest of this table needs no other walk.
        while done < pages && place.index < ENTRIES {
            if place.frame().is_none() {
                return Err(place.missing());
            }
            visit(done, place.entry())?;
            place.index += 1;
            done += 1;
        }
    }
    Ok(())
}

/// Enters a table below `root` without any check: boot's. True if the place was free.
pub fn boot_enter(root: Ref<PageTable>, address: u64, table: Ref<PageTable>) -> bool {
    let place = walk(root, address);
    let free = u32::from(place.bits_left) > PAGE_BITS && !is_valid(place.get());
    if free {
        place.set(table_descriptor(table.addr()));
    }
    free
}

/// Enters a frame whose tables are there: boot's.
pub fn boot_map(root: Ref<PageTable>, address: u64, frame: &FrameCap, attributes: u64) {
    walk(root, address).set(frame_descriptor(frame.paddr, frame.size, frame.rights, attributes));
}

/// The entry for an address that points to this table.
pub fn find(root: Ref<PageTable>, object: Ref<PageTable>, address: u64) -> Option<Place> {
    let (mut table, mut shift) = (root, ROOT_SHIFT);
    while shift > PAGE_BITS {
        let place = Place { table, index: index(address, shift), bits_left: shift as u8 };
        let below = place.table_below()?;
        if below == object {
            return Some(place);
        }
        (table, shift) = (below, shift - ENTRY_BITS);
    }
    None
}

/// Removes the table from the VSpace that it is mapped in, if it still is.
pub fn unmap(kernel: &Kernel, object: Ref<PageTable>, mapping: Mapping) {
    let Some(root) = asid::find(kernel, mapping.asid) else { return };
    if let Some(place) = find(root, object, mapping.vaddr) {
        place.set(0);
        forget_all(kernel, mapping.asid);
        // The walk may start here (cores that start at level 1).
        kernel.cpu.arch.reload(kernel);
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
        _ if args.is_extension() => split::invoke(args, object, mapping),
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
    place.set(table_descriptor(object.addr()));
    args.kernel.cpu.arch.publish_tables();
    args.slot.update(Cap::PageTable { object, mapping: Some(Mapping { asid, vaddr }) });
    args.kernel.cpu.arch.reload(args.kernel);
    Ok(0)
}

/// Maps a frame where the walk must end for its size; `FailedLookup` if tables are missing, or in the way.
pub fn map_frame(
    kernel: &Kernel,
    root: Ref<PageTable>,
    asid: u16,
    address: u64,
    frame: &FrameCap,
    attributes: u64,
) -> Result<(), SyscallError> {
    let place = place_for(root, address, frame);
    if place.bits_left != frame.size.bits() {
        return Err(place.missing());
    }
    place.replace(kernel, asid, address, frame_descriptor(frame.paddr, frame.size, frame.rights, attributes));
    if frame.size == FrameSize::Small {
        let above = walk_to(root, address, FrameSize::Large.bits());
        above.set(mixed_table(above.get()));
    }
    Ok(())
}

/// Its own block that was split counts as a block.
fn place_for(root: Ref<PageTable>, address: u64, frame: &FrameCap) -> Place {
    let block = walk_to(root, address, frame.size.bits());
    let is_own = |pages: Ref<PageTable>| frame_address(pages.entries[0].get(), PAGE_BITS as u8) == Some(frame.paddr);
    match block.split_block() {
        Some(pages) if frame.mapping.is_some() && is_own(pages) => block,
        _ => walk(root, address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_down_to_where_tables_end() {
        let tables: Vec<Box<PageTable>> =
            (0..4).map(|_| Box::new(PageTable { entries: [const { Cell::new(0) }; ENTRIES] })).collect();
        let refs: Vec<Ref<PageTable>> = tables.iter().map(|t| Ref::to_part(&**t)).collect();
        let address = 0x0123_4567_8000 & ((1 << 44) - 1);
        for (level, bits) in [39, 30, 21].into_iter().enumerate() {
            assert_eq!(walk(refs[0], address).bits_left, bits);
            assert!(boot_enter(refs[0], address, refs[level + 1]));
            assert_eq!(find(refs[0], refs[level + 1], address).map(|place| place.bits_left), Some(bits));
        }
        let place = walk(refs[0], address);
        assert_eq!(place.bits_left, 12);
        assert!(!boot_enter(refs[0], address, refs[1]));
        assert_eq!(place.index, 0x78);
        assert_eq!(walk_to(refs[0], address, 21).bits_left, 21);
        assert_eq!(walk(refs[0], address + (1 << 39)).bits_left, 39);
    }
}
