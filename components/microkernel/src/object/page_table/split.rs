// SPDX-License-Identifier: MIT OR Apache-2.0
//! A 2 MiB block as a table of its 512 pages, and back: an extension.
//!
//! The table is memory that the caller gave. As long as nothing else is mapped there, the table's entry says that it
//! was a block (`stage2::split_table_descriptor`): only then does the block's frame own every page, and the block can
//! come back. A block of 1 GiB stays one.

use super::{ENTRIES, PAGE_BITS, PageTable, Place, find, frame_address, walk};
use crate::arch::Memory;
use crate::arch::arm::stage2::{Leaf, Log, block_of_first_page, mixed_table, page_of_block, split_table_descriptor};
use crate::cap::{Cap, FrameSize, Mapping, derivation};
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::object::reference::Ref;
use crate::object::{asid, vspace};
use lazaret_abi::SplitBlock;

/// PageTable_Split and PageTable_Join.
pub(super) fn invoke(args: &Args<'_>, object: Ref<PageTable>, mapping: Option<Mapping>) -> InvocationResult {
    match args.label {
        lazaret_abi::PAGE_TABLE_SPLIT => split(args, object, mapping),
        lazaret_abi::PAGE_TABLE_JOIN => join(args, object, mapping),
        _ => Err(SyscallError::IllegalOperation),
    }
}

fn split(args: &Args<'_>, object: Ref<PageTable>, mapping: Option<Mapping>) -> InvocationResult {
    let SplitBlock { address } = args.take()?;
    if mapping.is_some() {
        return Err(SyscallError::InvalidCapability(0));
    }
    let (root, asid) = vspace::assigned(args, args.cap(0)?.cap(), 1, address)?;
    let place = walk(root, address);
    if place.frame().is_none() {
        return Err(place.missing());
    }
    match place.bits_left {
        bits if bits == FrameSize::Large.bits() => {}
        bits if bits == FrameSize::Small.bits() => return Err(SyscallError::DeleteFirst),
        _ => return Err(SyscallError::IllegalOperation),
    }
    let block = place.get();
    object.entries.iter().enumerate().for_each(|(index, entry)| entry.set(page_of_block(block, index)));
    let vaddr = address & !((1 << place.bits_left) - 1);
    place.replace(args.kernel, asid, vaddr, split_table_descriptor(object.addr()));
    args.slot.update(Cap::PageTable { object, mapping: Some(Mapping { asid, vaddr }) });
    Ok(0)
}

fn join(args: &Args<'_>, object: Ref<PageTable>, mapping: Option<Mapping>) -> InvocationResult {
    if !derivation::is_last(args.slot) {
        return Err(SyscallError::RevokeFirst);
    }
    let mapping = mapping.ok_or(SyscallError::IllegalOperation)?;
    let root = asid::find(args.kernel, mapping.asid).ok_or(vspace::NO_SUCH_VSPACE)?;
    let place = find(root, object, mapping.vaddr)
        .filter(|place| place.split_block().is_some())
        .ok_or(SyscallError::IllegalOperation)?;
    let block = block_of(&object).ok_or(SyscallError::DeleteFirst)?;
    place.replace(args.kernel, mapping.asid, mapping.vaddr, block);
    args.kernel.cpu.arch.zero(object.addr(), size_of::<PageTable>() as u64);
    args.slot.update(Cap::PageTable { object, mapping: None });
    Ok(0)
}

/// The block that all of these pages are, if they are one and none is logged.
fn block_of(table: &PageTable) -> Option<u64> {
    let block = block_of_first_page(table.entries[0].get());
    let fits = |(index, entry)| is_page_of(block, index, entry) && Leaf::of(entry).log == Log::Off;
    let start = frame_address(block, FrameSize::Large.bits())?;
    let all = start.is_multiple_of(1 << FrameSize::Large.bits())
        && table.entries.iter().map(|entry| entry.get()).enumerate().all(fits);
    all.then_some(block)
}

/// Whatever is allowed in it now, and logged.
fn is_page_of(block: u64, index: usize, page: u64) -> bool {
    Leaf::fresh(Leaf::of(page).granted).put_in(page) == page_of_block(block, index)
}

/// Takes the pages of a frame of 2 MiB out of the table that its block was split into; true if there were any.
pub(crate) fn take_out(place: &Place, paddr: u64) -> bool {
    let Some(table) = place.table_below() else { return false };
    let mut any = false;
    for (index, entry) in table.entries.iter().enumerate() {
        if frame_address(entry.get(), PAGE_BITS as u8) == Some(paddr + ((index as u64) << PAGE_BITS)) {
            entry.set(0);
            any = true;
        }
    }
    if any {
        place.set(mixed_table(place.get()));
    }
    any
}

/// Every page of a split block is there, in its place, as its mapping granted it or with less (`invariants`).
pub(crate) fn check(place: &Place) {
    let Some(table) = place.split_block() else { return };
    assert_eq!(place.bits_left, FrameSize::Large.bits(), "only blocks of 2 MiB are split");
    let block = block_of_first_page(table.entries[0].get());
    for (index, entry) in table.entries.iter().enumerate() {
        assert!(is_page_of(block, index, entry.get()), "page {index} of a split block: {:x}", entry.get());
        check_leaf(entry.get());
    }
}

/// A page or block allows no more than its mapping granted, and says so in one way only (`invariants`).
pub(crate) fn check_leaf(descriptor: u64) {
    let leaf = Leaf::of(descriptor);
    assert!(leaf.allowed.is_within(leaf.granted), "{descriptor:x} allows more than was granted");
    assert_eq!(leaf.put_in(descriptor), descriptor, "{descriptor:x} is no descriptor of ours");
}

const _: () = assert!(ENTRIES << PAGE_BITS == 1 << FrameSize::Large.bits());
