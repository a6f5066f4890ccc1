// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights of single pages, blocks that are split, and the dirty log.

mod dirty_log;
mod model;
mod random;
mod rights;
mod split;

use crate::arch::Forgotten;
use crate::arch::arm::stage2::{Leaf, Log, is_split_table};
use crate::cap::{Cap, FrameRights};
use crate::fault::Fault;
use crate::object::page_table::{Place, frame_address, walk, walk_to};
use crate::object::reference::Ref;
use crate::object::{asid, page_table::PageTable};
use crate::tests::invariants::check;
use crate::tests::world::*;
use core::cell::Cell;
use lazaret_abi::{PAGE_TABLE_JOIN, PAGE_TABLE_SPLIT, PAGES_PER_CALL, VSPACE_SET_RIGHTS, VSPACE_TAKE_DIRTY};
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;

/// Where the block is mapped, and the place behind it.
pub const BLOCK: u64 = 0x4000_0000;
pub const BEHIND: u64 = BLOCK + 0x20_0000;
const PAGE: u64 = 0x1000;
const PAGES: u64 = 512;

const READ: u64 = 2;
const READ_WRITE: u64 = 3;
const NEVER: u64 = 4;
const DEFAULT: u64 = 3;

/// Of a store that stage 2 does not let through, and of a load.
const REFUSED_STORE: u64 = 0x9200_004f;
const REFUSED_LOAD: u64 = 0x9200_000f;

/// A VSpace with a block in it, of which the hardware may have seen everything.
pub struct Space {
    pub w: World,
    /// The block's frame, in an Untyped of its own.
    pub block: u64,
    pub memory: u64,
    pub root: Ref<PageTable>,
}

impl Space {
    pub fn new() -> Self {
        let w = World::new();
        let memory = w.make(ObjectType::Untyped, 21);
        let block = w.fresh();
        assert_eq!(w.retype_at(memory, ObjectType::LargePage, 0, block, 1), ok());
        let root = match w.slot(slot::VSPACE).cap() {
            Cap::VSpace { object, .. } => object,
            other => panic!("{other:?}"),
        };
        let space = Self { w, block, memory, root };
        for _ in 0..2 {
            space.table_at(BLOCK);
        }
        space.map(block, BLOCK, READ_WRITE, DEFAULT);
        assert!(asid::translation_base(&space.w.kernel, root, 1, false).is_some(), "it has a VMID");
        space
    }

    /// With the block split; the table's slot.
    pub fn split() -> (Self, u64) {
        let space = Self::new();
        let table = space.table();
        assert_eq!(space.split_with(table, BLOCK), ok());
        (space, table)
    }

    pub fn table(&self) -> u64 {
        self.w.make(ObjectType::PageTable, 0)
    }

    pub fn table_at(&self, address: u64) -> u64 {
        let table = self.table();
        self.w.expect(table, PageTableMap, &[address, 0], &[slot::VSPACE]);
        table
    }

    pub fn map(&self, frame: u64, address: u64, rights: u64, attributes: u64) {
        self.w.expect(frame, PageMap, &[address, rights, attributes], &[slot::VSPACE]);
    }

    pub fn page_at(&self, address: u64, rights: u64) -> u64 {
        let page = self.w.make(ObjectType::SmallPage, 0);
        self.map(page, address, rights, DEFAULT);
        page
    }

    pub fn split_with(&self, table: u64, address: u64) -> Answer {
        self.w.call_label(table, PAGE_TABLE_SPLIT, &[address], &[slot::VSPACE])
    }

    pub fn join(&self, table: u64) -> Answer {
        self.w.call_label(table, PAGE_TABLE_JOIN, &[], &[])
    }

    pub fn set(&self, address: u64, pages: u64, rights: u64) -> Answer {
        self.w.call_label(slot::VSPACE, VSPACE_SET_RIGHTS, &[address, pages, rights], &[])
    }

    pub fn take(&self, address: u64, pages: u64, bitmap: u64, offset: u64, flags: u64) -> Answer {
        self.w.call_label(slot::VSPACE, VSPACE_TAKE_DIRTY, &[address, pages, offset, flags], &[bitmap])
    }

    /// [`Self::set`] of all of the block.
    pub fn set_all(&self, rights: u64) {
        for first in (0..PAGES).step_by(PAGES_PER_CALL as usize) {
            assert_eq!(self.set(BLOCK + first * PAGE, PAGES - first, rights), done(PAGES_PER_CALL));
        }
    }

    /// [`Self::take`] of all of the block.
    pub fn take_all(&self, bitmap: u64, offset: u64, flags: u64) {
        for first in (0..PAGES).step_by(PAGES_PER_CALL as usize) {
            let answer = self.take(BLOCK + first * PAGE, PAGES - first, bitmap, offset + first / 8, flags);
            assert_eq!(answer, done(PAGES_PER_CALL));
        }
    }

    /// The root thread stores to a page: true if the store goes on.
    pub fn store(&self, address: u64) -> bool {
        let place = self.place(address);
        let writable = || place.frame().is_some() && place.get() & 1 << 7 != 0;
        writable() || (self.logs(address, REFUSED_STORE) && writable())
    }

    pub fn logs(&self, addr: u64, esr: u64) -> bool {
        self.w.kernel.logs_write(Fault::VmFault { addr, prefetch: false, esr })
    }

    pub fn place(&self, address: u64) -> Place {
        walk(self.root, address)
    }

    pub fn leaf(&self, address: u64) -> Leaf {
        Leaf::of(self.place(address).get())
    }

    /// The physical address behind one.
    pub fn physical(&self, address: u64) -> Option<u64> {
        let place = self.place(address);
        place.frame().map(|start| start + (address & ((1 << place.bits_left) - 1)))
    }

    pub fn paddr(&self, frame: u64) -> u64 {
        match self.w.slot(frame).cap() {
            Cap::Frame(frame) => frame.paddr,
            other => panic!("{other:?}"),
        }
    }

    /// Descriptors of the block's pages.
    fn descriptors(&self) -> Vec<u64> {
        (0..PAGES).map(|n| self.place(BLOCK + n * PAGE).get()).collect()
    }

    /// What the TLB was told since `before`, if anything.
    fn forgotten_since(&self, before: u64) -> (u64, Option<Forgotten>) {
        let (count, last) = self.w.kernel.cpu.arch.invalidations.get();
        (count - before, last.filter(|_| count != before))
    }

    fn invalidations(&self) -> u64 {
        self.w.kernel.cpu.arch.invalidations.get().0
    }

    /// From here on an invalidation remembers what the entry for an address was meanwhile.
    fn watch(&self, address: u64, least: u8) {
        let place = walk_to(self.root, address, least);
        self.w.kernel.cpu.arch.watched.set(Some(Ref::to_part(place.entry())));
        self.w.kernel.cpu.arch.broken.set(None);
    }

    fn broken(&self) -> Option<u64> {
        self.w.kernel.cpu.arch.broken.get()
    }

    fn word(&self, frame: u64, offset: u64) -> u64 {
        at::<Cell<u64>>(self.paddr(frame) + offset).get()
    }
}

fn missing(bits_left: u64) -> Answer {
    error(6, &[0, 2, bits_left])
}

fn done(pages: u64) -> Answer {
    Answer { label: 0, words: vec![pages] }
}
