// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames, tables, address spaces, ASIDs.

use sel4::sys::boot_info::slot as init;
use sel4::sys::invocation::Invocation::*;

use crate::{answer::ask, answers};

/// Where a page can be mapped.
const SCRATCH: u64 = crate::env::SCRATCH as u64;
/// Where no table is.
const FAR: u64 = 0x70_0000_0000;

answers! { "memory", e;
    page_map: { let page = e.page(); ask(page, PageMap, &[SCRATCH, 3, 3], &[init::VSPACE]) } => Success;
    page_map_not_aligned: { let page = e.page(); ask(page, PageMap, &[SCRATCH + 8, 3, 3], &[init::VSPACE]) }
        => AlignmentError;
    page_map_at_the_top: { let page = e.page(); ask(page, PageMap, &[1 << 44, 3, 3], &[init::VSPACE]) }
        => InvalidArgument[0];
    page_map_of_all_ones: { let page = e.page(); ask(page, PageMap, &[!0xfff, 3, 3], &[init::VSPACE]) }
        => InvalidArgument[0];
    page_map_no_table: { let page = e.page(); ask(page, PageMap, &[FAR, 3, 3], &[init::VSPACE]) }
        => FailedLookup[0, 2, 30];
    page_map_read_only: { let page = e.page(); ask(page, PageMap, &[SCRATCH, 2, 3], &[init::VSPACE]) } => Success;
    page_map_write_only: { let page = e.page(); ask(page, PageMap, &[SCRATCH, 1, 3], &[init::VSPACE]) } => Success;
    page_map_no_rights: { let page = e.page(); ask(page, PageMap, &[SCRATCH, 0, 3], &[init::VSPACE]) } => Success;
    page_map_all_attributes: { let page = e.page(); ask(page, PageMap, &[SCRATCH, 3, u64::MAX], &[init::VSPACE]) }
        => Success;
    page_map_two_words: { let page = e.page(); ask(page, PageMap, &[SCRATCH, 3], &[init::VSPACE]) } => TruncatedMessage;
    page_map_nowhere: { let page = e.page(); ask(page, PageMap, &[SCRATCH, 3, 3], &[]) } => TruncatedMessage;
    page_map_into_an_endpoint: {
        let page = e.page(); let other = e.endpoint();
        ask(page, PageMap, &[SCRATCH, 3, 3], &[other])
    } => InvalidCapability[1];
    page_map_into_an_unassigned_vspace: {
        let page = e.page(); let other = e.raw_vspace();
        ask(page, PageMap, &[SCRATCH, 3, 3], &[other])
    } => InvalidCapability[1];
    page_map_into_a_table: {
        let page = e.page(); let other = e.table();
        ask(page, PageMap, &[SCRATCH, 3, 3], &[other])
    } => InvalidCapability[1];
    page_map_elsewhere: { let page = e.mapped(); ask(page, PageMap, &[SCRATCH + 0x1000, 3, 3], &[init::VSPACE]) }
        => InvalidArgument[0];
    page_map_again: { let page = e.mapped(); ask(page, PageMap, &[SCRATCH, 2, 3], &[init::VSPACE]) } => Success;
    page_map_over_another: { e.mapped(); let page = e.page(); ask(page, PageMap, &[SCRATCH, 3, 3], &[init::VSPACE]) }
        => Success;
    large_page_map_not_aligned: { let page = e.large(); ask(page, PageMap, &[SCRATCH + 0x1000, 3, 3], &[init::VSPACE]) }
        => AlignmentError;
    large_page_map_over_a_table: {
        e.mapped(); let page = e.large();
        ask(page, PageMap, &[SCRATCH, 3, 3], &[init::VSPACE])
    } => FailedLookup[0, 2, 12];
    large_page_map: { let page = e.large(); ask(page, PageMap, &[SCRATCH + 0x20_0000, 3, 3], &[init::VSPACE]) }
        => Success;
    page_unmap_not_mapped: { let page = e.page(); ask(page, PageUnmap, &[], &[]) } => Success;
    page_unmap: { let page = e.mapped(); ask(page, PageUnmap, &[], &[]) } => Success;
    page_clean: { let page = e.mapped(); ask(page, PageCleanData, &[0, 0x1000], &[]) } => Success;
    page_clean_unmapped: { let page = e.page(); ask(page, PageCleanData, &[0, 0x1000], &[]) } => IllegalOperation;
    page_clean_nothing: { let page = e.mapped(); ask(page, PageCleanData, &[64, 64], &[]) } => InvalidArgument[1];
    page_clean_too_much: { let page = e.mapped(); ask(page, PageCleanData, &[0, 0x1001], &[]) } => InvalidArgument[0];
    page_clean_one_word: { let page = e.mapped(); ask(page, PageCleanData, &[0], &[]) } => TruncatedMessage;
    page_invalidate: { let page = e.mapped(); ask(page, PageInvalidateData, &[0, 0x1000], &[]) } => Success;
    page_invalidate_unmapped: { let page = e.page(); ask(page, PageInvalidateData, &[0, 0x1000], &[]) }
        => IllegalOperation;
    page_invalidate_nothing: { let page = e.mapped(); ask(page, PageInvalidateData, &[64, 64], &[]) }
        => InvalidArgument[1];
    page_invalidate_too_much: { let page = e.mapped(); ask(page, PageInvalidateData, &[0, 0x1001], &[]) }
        => InvalidArgument[0];
    page_invalidate_one_word: { let page = e.mapped(); ask(page, PageInvalidateData, &[0], &[]) } => TruncatedMessage;
    page_clean_invalidate: { let page = e.mapped(); ask(page, PageCleanInvalidateData, &[0, 0x1000], &[]) } => Success;
    page_clean_invalidate_unmapped: { let page = e.page(); ask(page, PageCleanInvalidateData, &[0, 0x1000], &[]) }
        => IllegalOperation;
    page_clean_invalidate_nothing: { let page = e.mapped(); ask(page, PageCleanInvalidateData, &[64, 64], &[]) }
        => InvalidArgument[1];
    page_clean_invalidate_too_much: { let page = e.mapped(); ask(page, PageCleanInvalidateData, &[0, 0x1001], &[]) }
        => InvalidArgument[0];
    page_clean_invalidate_one_word: { let page = e.mapped(); ask(page, PageCleanInvalidateData, &[0], &[]) }
        => TruncatedMessage;
    page_unify: { let page = e.mapped(); ask(page, PageUnifyInstruction, &[0, 0x1000], &[]) } => Success;
    page_unify_unmapped: { let page = e.page(); ask(page, PageUnifyInstruction, &[0, 0x1000], &[]) }
        => IllegalOperation;
    page_unify_nothing: { let page = e.mapped(); ask(page, PageUnifyInstruction, &[64, 64], &[]) }
        => InvalidArgument[1];
    page_unify_too_much: { let page = e.mapped(); ask(page, PageUnifyInstruction, &[0, 0x1001], &[]) }
        => InvalidArgument[0];
    page_unify_one_word: { let page = e.mapped(); ask(page, PageUnifyInstruction, &[0], &[]) } => TruncatedMessage;
    vspace_clean: { e.mapped(); ask(init::VSPACE, VSpaceCleanData, &[SCRATCH, SCRATCH + 64], &[]) } => Success;
    vspace_clean_backwards: { e.mapped(); ask(init::VSPACE, VSpaceCleanData, &[SCRATCH + 64, SCRATCH], &[]) }
        => InvalidArgument[1];
    vspace_clean_above_user_space: ask(init::VSPACE, VSpaceCleanData, &[1 << 44, (1 << 44) + 64], &[])
        => IllegalOperation;
    vspace_clean_not_mapped: ask(init::VSPACE, VSpaceCleanData, &[SCRATCH, SCRATCH + 64], &[]) => Success;
    vspace_clean_one_word: ask(init::VSPACE, VSpaceCleanData, &[SCRATCH], &[]) => TruncatedMessage;
    vspace_invalidate: { e.mapped(); ask(init::VSPACE, VSpaceInvalidateData, &[SCRATCH, SCRATCH + 64], &[]) }
        => Success;
    vspace_invalidate_backwards: { e.mapped(); ask(init::VSPACE, VSpaceInvalidateData, &[SCRATCH + 64, SCRATCH], &[]) }
        => InvalidArgument[1];
    vspace_invalidate_above_user_space: ask(init::VSPACE, VSpaceInvalidateData, &[1 << 44, (1 << 44) + 64], &[])
        => IllegalOperation;
    vspace_invalidate_not_mapped: ask(init::VSPACE, VSpaceInvalidateData, &[SCRATCH, SCRATCH + 64], &[]) => Success;
    vspace_invalidate_one_word: ask(init::VSPACE, VSpaceInvalidateData, &[SCRATCH], &[]) => TruncatedMessage;
    vspace_clean_invalidate: { e.mapped(); ask(init::VSPACE, VSpaceCleanInvalidateData, &[SCRATCH, SCRATCH + 64], &[]) }
        => Success;
    vspace_clean_invalidate_backwards: {
        e.mapped();
        ask(init::VSPACE, VSpaceCleanInvalidateData, &[SCRATCH + 64, SCRATCH], &[])
    } => InvalidArgument[1];
    vspace_clean_invalidate_above_user_space:
        ask(init::VSPACE, VSpaceCleanInvalidateData, &[1 << 44, (1 << 44) + 64], &[]) => IllegalOperation;
    vspace_clean_invalidate_not_mapped: ask(init::VSPACE, VSpaceCleanInvalidateData, &[SCRATCH, SCRATCH + 64], &[])
        => Success;
    vspace_clean_invalidate_one_word: ask(init::VSPACE, VSpaceCleanInvalidateData, &[SCRATCH], &[]) => TruncatedMessage;
    vspace_unify: { e.mapped(); ask(init::VSPACE, VSpaceUnifyInstruction, &[SCRATCH, SCRATCH + 64], &[]) } => Success;
    vspace_unify_backwards: { e.mapped(); ask(init::VSPACE, VSpaceUnifyInstruction, &[SCRATCH + 64, SCRATCH], &[]) }
        => InvalidArgument[1];
    vspace_unify_above_user_space: ask(init::VSPACE, VSpaceUnifyInstruction, &[1 << 44, (1 << 44) + 64], &[])
        => IllegalOperation;
    vspace_unify_not_mapped: ask(init::VSPACE, VSpaceUnifyInstruction, &[SCRATCH, SCRATCH + 64], &[]) => Success;
    vspace_unify_one_word: ask(init::VSPACE, VSpaceUnifyInstruction, &[SCRATCH], &[]) => TruncatedMessage;
    vspace_label_of_another_object: ask(init::VSPACE, TcbResume, &[], &[]) => IllegalOperation;
    page_label_of_another_object: { let page = e.page(); ask(page, TcbResume, &[], &[]) } => IllegalOperation;
    table_map: {
        let table = e.table(); let vspace = e.assigned_vspace();
        ask(table, PageTableMap, &[FAR, 3], &[vspace])
    } => Success;
    table_map_at_the_top: {
        let table = e.table(); let vspace = e.assigned_vspace();
        ask(table, PageTableMap, &[1 << 44, 3], &[vspace])
    } => InvalidArgument[0];
    table_map_not_aligned: {
        let table = e.table(); let vspace = e.assigned_vspace();
        ask(table, PageTableMap, &[FAR + 0x1234, 3], &[vspace])
    } => Success;
    table_map_one_word: {
        let table = e.table(); let vspace = e.assigned_vspace();
        ask(table, PageTableMap, &[FAR], &[vspace])
    } => TruncatedMessage;
    table_map_nowhere: { let table = e.table(); ask(table, PageTableMap, &[FAR, 3], &[]) } => TruncatedMessage;
    table_map_into_an_endpoint: {
        let table = e.table(); let other = e.endpoint();
        ask(table, PageTableMap, &[FAR, 3], &[other])
    } => InvalidCapability[1];
    table_map_into_an_unassigned_vspace: {
        let table = e.table(); let other = e.raw_vspace();
        ask(table, PageTableMap, &[FAR, 3], &[other])
    } => InvalidCapability[1];
    table_map_where_all_are: { let table = e.table(); ask(table, PageTableMap, &[SCRATCH, 3], &[init::VSPACE]) }
        => DeleteFirst;
    table_map_twice: {
        let table = e.table(); let vspace = e.assigned_vspace(); e.map_table(table, vspace, FAR);
        ask(table, PageTableMap, &[FAR, 3], &[vspace])
    } => InvalidCapability[0];
    table_unmap: { let table = e.table(); ask(table, PageTableUnmap, &[], &[]) } => Success;
    table_label_of_another_object: { let table = e.table(); ask(table, TcbResume, &[], &[]) } => IllegalOperation;
    pool_assign: { let vspace = e.raw_vspace(); ask(init::ASID_POOL, AsidPoolAssign, &[], &[vspace]) } => Success;
    pool_assign_twice: { let vspace = e.assigned_vspace(); ask(init::ASID_POOL, AsidPoolAssign, &[], &[vspace]) }
        => InvalidCapability[1];
    pool_assign_nothing: ask(init::ASID_POOL, AsidPoolAssign, &[], &[]) => TruncatedMessage;
    pool_assign_an_endpoint: { let other = e.endpoint(); ask(init::ASID_POOL, AsidPoolAssign, &[], &[other]) }
        => InvalidCapability[1];
    pool_assign_a_table: { let other = e.table(); ask(init::ASID_POOL, AsidPoolAssign, &[], &[other]) }
        => InvalidCapability[1];
    pool_label_of_another_object: ask(init::ASID_POOL, TcbResume, &[], &[]) => IllegalOperation;
    make_pool: {
        let (slot, memory) = (e.fresh(), e.memory(12));
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 64], &[memory, init::CNODE])
    } => Success;
    make_pool_of_8_kib: {
        let (slot, memory) = (e.fresh(), e.memory(13));
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 64], &[memory, init::CNODE])
    } => InvalidCapability[1];
    make_pool_of_an_endpoint: {
        let (slot, memory) = (e.fresh(), e.endpoint());
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 64], &[memory, init::CNODE])
    } => InvalidCapability[1];
    make_pool_of_device_memory: {
        let (slot, memory) = (e.fresh(), e.device.bits());
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 64], &[memory, init::CNODE])
    } => InvalidCapability[1];
    make_pool_used_slot: {
        let (slot, memory) = (e.endpoint(), e.memory(12));
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 64], &[memory, init::CNODE])
    } => DeleteFirst;
    make_pool_depth_65: {
        let (slot, memory) = (e.fresh(), e.memory(12));
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 65], &[memory, init::CNODE])
    } => RangeError[1, 64];
    make_pool_one_word: {
        let (slot, memory) = (e.fresh(), e.memory(12));
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot], &[memory, init::CNODE])
    } => TruncatedMessage;
    make_pool_one_capability: {
        let (slot, memory) = (e.fresh(), e.memory(12));
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 64], &[memory])
    } => TruncatedMessage;
    make_pool_endpoint_as_root: {
        let (slot, memory, root) = (e.fresh(), e.memory(12), e.endpoint());
        ask(init::ASID_CONTROL, AsidControlMakePool, &[slot, 64], &[memory, root])
    } => FailedLookup[0, 1];
}
