// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rights of single pages and split blocks, with a guest that stores to them.

use lazaret_abi::{
    LogFlags, PAGE_TABLE_SPLIT, PAGES_PER_CALL, PageAccess, PageRights, SetPageRights, SplitBlock, Switch,
    VSPACE_SET_RIGHTS, fault_context,
};
use sel4::{CapRights, Error, FrameObjectType, MessageInfo, VmAttributes, cap, init_thread::slot::VSPACE};
use sel4_vcpu_debug::pages::{Bitmap, join, set_rights, set_rights_of_range, split, take_dirty_of_range};

use crate::{
    case::{Outcome, check, message_register, needs, refused, refused_with, same},
    env::{Env, SCRATCH, slot_of},
    memory::{peek, poke},
};

use super::{
    exit::{HSR_HVC, answer},
    vcpu::{CODE, EL1H, Guest, HVC_66},
};

/// Where the guest has the block, and where it is here.
pub const BLOCK: u64 = 0x4800_0000;
pub const HERE: usize = SCRATCH + 0x20_0000;
const BLOCK_BYTES: u64 = 1 << FrameObjectType::LargePage.bits();
pub const PAGE: u64 = 0x1000;
pub const PAGES: u64 = BLOCK_BYTES / PAGE;

/// `str x1, [x2]`
const STR_X1_X2: u32 = 0xf900_0041;
/// The register that the store's address is in.
const X2: u64 = 2;
/// What x1 holds.
const VALUE: u64 = 0x1111;

pub const READ_WRITE: PageRights = PageRights { access: PageAccess::ReadWrite, execute: true };
pub const READ_ONLY: PageRights = PageRights { access: PageAccess::ReadOnly, execute: true };
const NO_ACCESS: PageRights = PageRights { access: PageAccess::None, execute: false };
const READ_WRITE_NEVER: PageRights = PageRights { access: PageAccess::ReadWrite, execute: false };

/// Class of an abort of an instruction fetch.
const FETCH: u64 = 0x20;

/// What became of a store.
#[derive(Clone, Copy, PartialEq)]
pub enum Store {
    Done,
    /// An abort at this address.
    Refused(u64),
    Other,
}

/// A guest with a block of memory.
pub struct Vm {
    pub guest: Guest,
    pub vspace: cap::VSpace,
    /// The block's frame as the guest has it.
    block: cap::LargePage,
    /// Memory that the frame was made of.
    memory: cap::Untyped,
    pub table: cap::PT,
    pub bitmap: cap::Granule,
}

impl Vm {
    fn new(env: &mut Env) -> sel4::Result<Self> {
        Self::with(env, CapRights::read_write(), VmAttributes::DEFAULT)
    }

    fn with(env: &mut Env, rights: CapRights, attributes: VmAttributes) -> sel4::Result<Self> {
        let memory = cap::Untyped::from_bits(env.memory(FrameObjectType::LargePage.bits()));
        let own: cap::LargePage = env.object_in(memory)?;
        let context = env.sched_context(1_000_000, 1_000_000, 0);
        let (guest, vspace) = Guest::prepare_in(env, &[STR_X1_X2, HVC_66], context, SCRATCH)?;
        let block = env.mint(own, CapRights::all(), 0);
        block.frame_map(vspace, BLOCK as usize, rights, attributes)?;
        own.frame_map(VSPACE.cap(), HERE, CapRights::read_write(), VmAttributes::DEFAULT)?;
        let bitmap = env.map(SCRATCH + 0x2000);
        let vm = Self { guest, vspace, block, memory, table: env.object(), bitmap };
        vm.guest.run(CODE as u64, EL1H)?;
        // The first store goes nowhere.
        vm.guest.faults.recv(vm.guest.reply);
        Ok(vm)
    }

    /// With the block split.
    pub fn split(env: &mut Env) -> sel4::Result<Self> {
        let vm = Self::new(env)?;
        split(vm.table, vm.vspace, BLOCK)?;
        Ok(vm)
    }

    /// The guest stores to an address.
    fn store(&self, address: u64) -> Store {
        self.store_from(CODE as u64, address)
    }

    /// With its code at this address.
    pub fn store_from(&self, code: u64, address: u64) -> Store {
        what(&self.guest.faults.reply_recv(answer(code, EL1H, X2, address), self.guest.reply).0)
    }

    /// The guest stores to a page of the block.
    pub fn store_page(&self, page: u64) -> Outcome {
        self.store_page_from(CODE as u64, BLOCK, page)
    }

    pub fn store_page_from(&self, code: u64, block: u64, page: u64) -> Outcome {
        let offset = page * PAGE + 8 * (page % 512);
        poke(HERE + offset as usize, 0);
        check(self.store_from(code, block + offset) == Store::Done, "the store is done")?;
        same(peek(HERE + offset as usize), VALUE)
    }

    pub fn refuses_page(&self, page: u64) -> Outcome {
        let before = peek(HERE + (page * PAGE) as usize);
        check(self.store(BLOCK + page * PAGE) == Store::Refused(BLOCK + page * PAGE), "an abort, of this page")?;
        same(peek(HERE + (page * PAGE) as usize), before)
    }

    pub fn set(&self, page: u64, pages: u64, rights: PageRights) -> sel4::Result<u64> {
        set_rights(self.vspace, BLOCK + page * PAGE, pages, rights)
    }

    pub fn bitmap_at(&self, offset: u64) -> Bitmap {
        Bitmap::new(self.bitmap, offset)
    }

    /// All of the block.
    pub fn take(&self, flags: LogFlags) -> sel4::Result<[u64; 8]> {
        take_dirty_of_range(self.vspace, BLOCK, PAGES, self.bitmap_at(0), flags)?;
        Ok(core::array::from_fn(|n| peek(SCRATCH + 0x2000 + 8 * n)))
    }

    /// What was written is just these pages.
    pub fn took(&self, flags: LogFlags, pages: &[u64]) -> Outcome {
        let is = self.take(flags)?;
        let mut should = [0; 8];
        pages.iter().for_each(|page| should[*page as usize / 64] |= 1 << (page % 64));
        is.into_iter().zip(should).try_for_each(|(is, should)| same(is, should))
    }
}

/// With the words of a refusal, which the calls of `sel4_vcpu_debug` do not keep.
pub fn ask_rights(vspace: cap::VSpace, address: u64, pages: u64, rights: PageRights) -> sel4::Result<u64> {
    vspace.invoke_raw(VSPACE_SET_RIGHTS, &SetPageRights { address, pages, rights }.words(), &[])
}

/// As [`ask_rights`].
pub fn ask_split(table: cap::PT, vspace: cap::VSpace, address: u64) -> sel4::Result<u64> {
    table.invoke_raw(PAGE_TABLE_SPLIT, &SplitBlock { address }.words(), &[vspace.bits()])
}

fn what(info: &MessageInfo) -> Store {
    if fault_context::is_abort(info.label()) {
        Store::Refused(message_register(fault_context::ABORT_ADDR))
    } else if message_register(0) == HSR_HVC {
        Store::Done
    } else {
        Store::Other
    }
}

pub fn rights_of_pages(env: &mut Env) -> Outcome {
    needs(env, Switch::PageRights)?;
    let vm = Vm::split(env)?;
    vm.store_page(0)?;
    same(vm.set(0, 1, READ_ONLY)?, 1)?;
    vm.refuses_page(0)?;
    vm.store_page(1)?;
    same(vm.set(1, 3, NO_ACCESS)?, 3)?;
    (1..4).try_for_each(|page| vm.refuses_page(page))?;
    vm.store_page(4)?;
    same(vm.set(0, PAGES, READ_WRITE)?, PAGES_PER_CALL)?;
    [0, 1, 2, 3, 511].into_iter().try_for_each(|page| vm.store_page(page))
}

pub fn pages_that_cannot_be_executed(env: &mut Env) -> Outcome {
    needs(env, Switch::PageRights)?;
    let vm = Vm::split(env)?;
    vm.store_page(0)?;
    set_rights(vm.vspace, CODE as u64, 1, READ_WRITE_NEVER)?;
    check(vm.store(BLOCK) == Store::Refused(CODE as u64), "an abort, where the code is")?;
    same(message_register(fault_context::ABORT_STATUS) >> 26 & 0x3f, FETCH)?;
    set_rights(vm.vspace, CODE as u64, 1, READ_WRITE)?;
    vm.store_page(1)
}

pub fn no_more_than_was_granted(env: &mut Env) -> Outcome {
    needs(env, Switch::PageRights)?;
    let vm = Vm::with(env, CapRights::read_only(), VmAttributes::DEFAULT | VmAttributes::EXECUTE_NEVER)?;
    split(vm.table, vm.vspace, BLOCK)?;
    refused_with(ask_rights(vm.vspace, BLOCK, 1, READ_WRITE_NEVER), Error::InvalidArgument, &[2])?;
    refused_with(ask_rights(vm.vspace, BLOCK, 1, READ_ONLY), Error::InvalidArgument, &[2])?;
    vm.refuses_page(0)?;
    vm.set(0, 1, NO_ACCESS)?;
    vm.set(0, 1, PageRights { execute: false, ..READ_ONLY })?;
    vm.refuses_page(0)
}

pub fn a_block_comes_back(env: &mut Env) -> Outcome {
    needs(env, Switch::PageRights)?;
    let vm = Vm::split(env)?;
    (0..PAGES).step_by(37).try_for_each(|page| vm.store_page(page))?;
    vm.set(5, 1, NO_ACCESS)?;
    vm.refuses_page(5)?;
    join(vm.table)?;
    (0..PAGES).step_by(37).try_for_each(|page| vm.store_page(page))?;
    vm.store_page(5)?;
    refused_with(ask_rights(vm.vspace, BLOCK + 5 * PAGE, 1, READ_ONLY), Error::FailedLookup, &[0, 2, 21])?;
    // Again and again, with the same table.
    for round in 0..20 {
        split(vm.table, vm.vspace, BLOCK + round * PAGE)?;
        vm.set(round, 1, READ_ONLY)?;
        vm.refuses_page(round)?;
        vm.store_page(round + 1)?;
        join(vm.table)?;
        vm.store_page(round)?;
    }
    Ok(())
}

/// How a frame or a table goes.
type Way<'a> = &'a dyn Fn(&Vm) -> sel4::Result<()>;

/// However the frame or the table goes, the guest reaches nothing of the block.
pub fn nothing_stays_behind(env: &mut Env) -> Outcome {
    needs(env, Switch::PageRights)?;
    let unmap_frame = |vm: &Vm| vm.block.frame_unmap();
    let delete_frame = |vm: &Vm| slot_of(vm.block).delete();
    let revoke_frame = |vm: &Vm| slot_of(vm.memory).revoke();
    let unmap_table = |vm: &Vm| vm.table.pt_unmap();
    let delete_table = |vm: &Vm| slot_of(vm.table).delete();
    let ways: [Way<'_>; 5] = [&unmap_frame, &delete_frame, &revoke_frame, &unmap_table, &delete_table];
    for way in ways {
        let vm = Vm::split(env)?;
        for page in (0..PAGES).step_by(29) {
            vm.store_page(page)?;
        }
        vm.set(7, 1, READ_ONLY)?;
        way(&vm)?;
        for page in (0..PAGES).step_by(29).chain([7]) {
            let address = BLOCK + page * PAGE;
            check(vm.store(address) == Store::Refused(address), "nothing is there")?;
        }
        env.clean_up();
    }
    Ok(())
}

/// The guest's own translation is between the store and the page.
/// A VMM's exits and the log's faults by turns: none is lost, none is one too many.
pub fn what_rights_are_refused(env: &mut Env) -> Outcome {
    needs(env, Switch::PageRights)?;
    let vm = Vm::new(env)?;
    let (vspace, set) = (vm.vspace, |page, pages| ask_rights(vm.vspace, BLOCK + page * PAGE, pages, READ_ONLY));
    refused_with(set(0, 1), Error::FailedLookup, &[0, 2, 21])?;
    refused_with(ask_rights(vspace, 0x70_0000_0000, 1, READ_ONLY), Error::FailedLookup, &[0, 2, 30])?;
    split(vm.table, vspace, BLOCK)?;
    refused_with(set(PAGES, 1), Error::FailedLookup, &[0, 2, 21])?;
    refused_with(set(PAGES - 1, 2), Error::FailedLookup, &[0, 2, 21])?;
    refused_with(ask_rights(vspace, CODE as u64 + PAGE, 1, READ_ONLY), Error::FailedLookup, &[0, 2, 12])?;
    refused_with(set(0, 0), Error::InvalidArgument, &[1])?;
    refused_with(set(0, u64::MAX), Error::InvalidArgument, &[1])?;
    refused_with(ask_rights(vspace, 1 << 44, 1, READ_ONLY), Error::InvalidArgument, &[0])?;
    refused(set_rights(vspace, BLOCK + 1, 1, READ_ONLY), Error::AlignmentError)?;
    for rights in [1, 5, 8, u64::MAX] {
        let result = vspace.invoke_raw(VSPACE_SET_RIGHTS, &[BLOCK, 1, rights], &[]);
        refused_with(result, Error::InvalidArgument, &[2])?;
    }
    refused(vspace.invoke_raw(VSPACE_SET_RIGHTS, &[BLOCK, 1], &[]), Error::TruncatedMessage)?;
    let unassigned: cap::VSpace = env.object();
    refused_with(ask_rights(unassigned, BLOCK, 1, READ_ONLY), Error::InvalidCapability, &[0])?;
    refused(set_rights(vm.table.cast(), BLOCK, 1, READ_ONLY), Error::IllegalOperation)?;
    // The pages before a refusal are done, by calls before it.
    refused(set_rights_of_range(vspace, BLOCK, PAGES + 1, READ_ONLY), Error::FailedLookup)?;
    vm.refuses_page(PAGES - 1)?;
    vm.set(0, PAGES, READ_WRITE)?;
    vm.store_page(0)
}

pub fn what_splits_are_refused(env: &mut Env) -> Outcome {
    needs(env, Switch::PageRights)?;
    let vm = Vm::new(env)?;
    refused(join(vm.table), Error::IllegalOperation)?;
    refused_with(ask_split(vm.table, vm.vspace, BLOCK + BLOCK_BYTES), Error::FailedLookup, &[0, 2, 21])?;
    refused_with(ask_split(vm.table, vm.vspace, 1 << 44), Error::InvalidArgument, &[0])?;
    refused(split(vm.table, vm.vspace, CODE as u64), Error::DeleteFirst)?;
    refused_with(ask_split(vm.table, vm.block.cast(), BLOCK), Error::InvalidCapability, &[1])?;
    refused(vm.table.invoke_raw(PAGE_TABLE_SPLIT, &[BLOCK], &[]), Error::TruncatedMessage)?;
    refused(split(vm.block.cast(), vm.vspace, BLOCK), Error::IllegalOperation)?;
    split(vm.table, vm.vspace, BLOCK)?;
    refused_with(ask_split(vm.table, vm.vspace, BLOCK), Error::InvalidCapability, &[0])?;
    // A page of another frame takes a place: the block cannot come back, and its frame still leaves.
    let page: cap::Granule = env.object();
    page.frame_map(vm.vspace, BLOCK as usize, CapRights::read_write(), VmAttributes::DEFAULT)?;
    refused(join(vm.table), Error::IllegalOperation)?;
    check(vm.store(BLOCK) == Store::Done, "the other page")?;
    vm.store_page(1)?;
    vm.block.frame_unmap()?;
    check(vm.store(BLOCK) == Store::Done, "it stays")?;
    check(vm.store(BLOCK + PAGE) == Store::Refused(BLOCK + PAGE), "these do not")
}
