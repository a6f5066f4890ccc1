// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which pages a guest has written.

use lazaret_abi::{LogFlags, Switch, TakeDirty, VSPACE_TAKE_DIRTY};
use sel4::{CapRights, Error, VCpuReg, cap, init_thread::slot::IRQ_CONTROL};
use sel4_vcpu_debug::pages::{join, take_dirty};

use crate::{
    case::{Outcome, check, needs, refused, refused_with, same},
    env::{Env, SCRATCH},
    memory::{peek, poke},
};

use super::pages::{BLOCK, HERE, PAGE, PAGES, READ_ONLY, READ_WRITE, Store, Vm};
use super::vcpu::CODE;

const TAKE: LogFlags = LogFlags { start: false, end: false };
const START: LogFlags = LogFlags { start: true, end: false };
const END: LogFlags = LogFlags { start: false, end: true };

pub fn the_log_knows_what_was_written(env: &mut Env) -> Outcome {
    needs(env, Switch::DirtyLog)?;
    let vm = Vm::split(env)?;
    vm.store_page(9)?;
    vm.take(START)?;
    vm.took(TAKE, &[])?;
    for pages in [&[3, 64, 511][..], &[3], &[], &[0, 1, 2, 3, 4, 5, 63, 127, 128, 300]] {
        pages.iter().try_for_each(|&page| vm.store_page(page))?;
        pages.iter().try_for_each(|&page| vm.store_page(page))?;
        vm.took(TAKE, pages)?;
    }
    vm.store_page(77)?;
    vm.took(END, &[77])?;
    (0..PAGES).step_by(13).try_for_each(|page| vm.store_page(page))?;
    // Nobody knows of pages that were not logged.
    check(vm.take(TAKE)?.iter().all(|word| *word == u64::MAX), "any may have been written")
}

pub fn the_log_knows_the_page_behind_a_guests_address(env: &mut Env) -> Outcome {
    const BLOCKS_OF_1_GIB: u64 = 0x4000_0000;
    // Normal memory, inner shareable, accessed; a block.
    const ENTRY: u64 = BLOCKS_OF_1_GIB | 1 << 10 | 3 << 8 | 1;
    // 39 bits from TTBR0 only, write-back walks, 40 bits of physical address.
    const TCR: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32;
    const MMU_AND_CACHES: u64 = 1 | 1 << 2 | 1 << 12;
    needs(env, Switch::DirtyLog)?;
    let vm = Vm::split(env)?;
    // A table has to be aligned to its size: it is the first page of the block.
    poke(HERE, ENTRY);
    let vcpu = vm.guest.vcpu;
    vcpu.vcpu_write_regs(VCpuReg::MAIR, 0xff)?;
    vcpu.vcpu_write_regs(VCpuReg::TTBR0, BLOCK)?;
    vcpu.vcpu_write_regs(VCpuReg::TCR, TCR)?;
    vcpu.vcpu_write_regs(VCpuReg::SCTLR, vcpu.vcpu_read_regs(VCpuReg::SCTLR)? | MMU_AND_CACHES)?;
    let (code, block) = (CODE as u64 - BLOCKS_OF_1_GIB, BLOCK - BLOCKS_OF_1_GIB);
    vm.store_page_from(code, block, 8)?;
    vm.take(START)?;
    for pages in [&[3, 64, 511][..], &[64], &[]] {
        pages.iter().try_for_each(|&page| vm.store_page_from(code, block, page))?;
        vm.took(TAKE, pages)?;
    }
    // And the VMM is told the page, not the guest's address.
    vm.set(12, 1, READ_ONLY)?;
    check(vm.store_from(code, block + 12 * PAGE) == Store::Refused(BLOCK + 12 * PAGE), "an abort, of this page")
}

pub fn rights_and_the_log_leave_each_other_alone(env: &mut Env) -> Outcome {
    needs(env, Switch::DirtyLog)?;
    let vm = Vm::split(env)?;
    vm.take(START)?;
    vm.set(0, 4, READ_ONLY)?;
    vm.refuses_page(1)?;
    vm.took(TAKE, &[])?;
    vm.set(1, 1, READ_WRITE)?;
    vm.store_page(1)?;
    vm.set(1, 1, READ_ONLY)?;
    vm.refuses_page(1)?;
    vm.took(TAKE, &[1])?;
    vm.refuses_page(1)?;
    vm.set(1, 1, READ_WRITE)?;
    vm.store_page(1)?;
    vm.took(END, &[1])?;
    vm.refuses_page(2)?;
    refused(join_while_logged(&vm), Error::DeleteFirst)?;
    vm.take(END)?;
    join(vm.table)?;
    vm.store_page(2)
}

fn join_while_logged(vm: &Vm) -> sel4::Result<()> {
    take_dirty(vm.vspace, BLOCK + 300 * PAGE, 1, vm.bitmap_at(0), START)?;
    join(vm.table)
}

pub fn a_thousand_first_stores(env: &mut Env) -> Outcome {
    needs(env, Switch::DirtyLog)?;
    let vm = Vm::split(env)?;
    for round in 0..4 {
        vm.take(START)?;
        for page in 0..250 {
            vm.store_page((page * 7 + round) % PAGES)?;
        }
        let written: u32 = vm.take(TAKE)?.iter().map(|word| word.count_ones()).sum();
        same(written.into(), 250)?;
    }
    Ok(())
}

pub fn what_bitmaps_are_refused(env: &mut Env) -> Outcome {
    needs(env, Switch::DirtyLog)?;
    let vm = Vm::split(env)?;
    let take = |pages, offset, frame: cap::Granule| {
        let words = TakeDirty { address: BLOCK, pages, offset, flags: TAKE }.words();
        vm.vspace.invoke_raw(VSPACE_TAKE_DIRTY, &words, &[frame.bits()])
    };
    refused_with(take(512, PAGE - 24, vm.bitmap), Error::InvalidArgument, &[2])?;
    refused_with(take(1, u64::MAX - 7, vm.bitmap), Error::InvalidArgument, &[2])?;
    refused(take(1, 4, vm.bitmap), Error::AlignmentError)?;
    refused_with(take(0, 0, vm.bitmap), Error::InvalidArgument, &[1])?;
    let read_only = env.mint(vm.bitmap, CapRights::read_only(), 0);
    refused_with(take(1, 0, read_only), Error::InvalidCapability, &[1])?;
    let irqs: cap::Granule = IRQ_CONTROL.cap().cast();
    refused_with(take(1, 0, irqs), Error::InvalidCapability, &[1])?;
    let device: cap::Granule = env.object_in(env.device)?;
    refused_with(take(1, 0, device), Error::InvalidCapability, &[1])?;
    // Nothing was done: the pages are not logged.
    same(take(64, PAGE - 8, vm.bitmap)?, 64)?;
    same(peek(SCRATCH + 0x2ff8), u64::MAX)
}
