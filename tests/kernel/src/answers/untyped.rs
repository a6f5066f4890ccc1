// SPDX-License-Identifier: MIT OR Apache-2.0
//! Untyped_Retype.

use sel4::sys::boot_info::slot as init;
use sel4::sys::invocation::Invocation::*;

use crate::{
    answer::{Ask, ask},
    answers,
    env::Env,
};

/// Into a fresh slot of the root CNode; what comes after it is free as well.
fn retype(e: &mut Env, kind: u64, size: u64, count: u64) -> Ask {
    let slot = e.fresh();
    ask(e.untyped.bits(), UntypedRetype, &[kind, size, 0, 0, slot, count], &[init::CNODE])
}

/// An endpoint into any place.
fn at(e: &mut Env, root: u64, index: u64, depth: u64, offset: u64) -> Ask {
    ask(e.untyped.bits(), UntypedRetype, &[2, 0, index, depth, offset, 1], &[root])
}

fn on_device(e: &mut Env, kind: u64) -> Ask {
    let slot = e.fresh();
    ask(e.device.bits(), UntypedRetype, &[kind, 0, 0, 0, slot, 1], &[init::CNODE])
}

answers! { "untyped", e;
    makes_untyped: retype(e, 0, 4, 1) => Success;
    makes_tcb: retype(e, 1, 0, 1) => Success;
    makes_endpoint: retype(e, 2, 0, 1) => Success;
    makes_notification: retype(e, 3, 0, 1) => Success;
    makes_cnode: retype(e, 4, 1, 1) => Success;
    makes_sched_context: retype(e, 5, 7, 1) => Success;
    makes_reply: retype(e, 6, 0, 1) => Success;
    makes_huge_page: retype(e, 7, 0, 1) => NotEnoughMemory[0x800000];
    makes_vspace: retype(e, 8, 0, 1) => Success;
    makes_small_page: retype(e, 9, 0, 1) => Success;
    makes_large_page: retype(e, 10, 0, 1) => Success;
    makes_page_table: retype(e, 11, 0, 1) => Success;
    makes_vcpu: retype(e, 12, 0, 1) => Success;
    type_13: retype(e, 13, 0, 1) => InvalidArgument[0];
    type_of_all_ones: retype(e, u64::MAX, 0, 1) => InvalidArgument[0];
    untyped_of_3_bits: retype(e, 0, 3, 1) => InvalidArgument[1];
    untyped_of_48_bits: retype(e, 0, 48, 1) => RangeError[0, 47];
    untyped_of_64_bits: retype(e, 0, 64, 1) => RangeError[0, 47];
    untyped_of_all_ones: retype(e, 0, u64::MAX, 1) => RangeError[0, 47];
    cnode_of_0_bits: retype(e, 4, 0, 1) => InvalidArgument[1];
    cnode_of_59_bits: retype(e, 4, 59, 1) => RangeError[0, 47];
    cnode_of_64_bits: retype(e, 4, 64, 1) => RangeError[0, 47];
    sched_context_of_6_bits: retype(e, 5, 6, 1) => InvalidArgument[1];
    sched_context_of_64_bits: retype(e, 5, 64, 1) => RangeError[0, 47];
    size_of_a_fixed_object_is_ignored: retype(e, 2, 63, 1) => Success;
    count_0: retype(e, 2, 0, 0) => RangeError[1, 0x100];
    count_256: retype(e, 2, 0, 256) => Success;
    count_257: retype(e, 2, 0, 257) => RangeError[1, 0x100];
    count_of_all_ones: retype(e, 2, 0, u64::MAX) => RangeError[1, 0x100];
    more_than_there_is: retype(e, 0, 24, 1) => NotEnoughMemory[0x800000];
    count_256_pages: retype(e, 9, 0, 256) => Success;
    five_words: { let slot = e.fresh(); ask(e.untyped.bits(), UntypedRetype, &[2, 0, 0, 0, slot], &[init::CNODE]) }
        => TruncatedMessage;
    no_capability: { let slot = e.fresh(); ask(e.untyped.bits(), UntypedRetype, &[2, 0, 0, 0, slot, 1], &[]) }
        => TruncatedMessage;
    into_an_endpoint: { let root = e.endpoint(); at(e, root, 0, 0, 0) } => FailedLookup[0, 2, 0];
    into_an_empty_slot: { let root = e.fresh(); at(e, root, 0, 0, 0) } => FailedLookup[0, 2, 0];
    path_of_65_bits: at(e, init::CNODE, 0, 65, 0) => RangeError[1, 64];
    path_to_an_empty_slot: { let index = e.fresh(); at(e, init::CNODE, index, 64, 0) } => FailedLookup[0, 2, 64];
    path_to_an_endpoint: { let index = e.endpoint(); at(e, init::CNODE, index, 64, 0) } => FailedLookup[0, 2, 64];
    path_that_is_too_short: at(e, init::CNODE, 0, 3, 0) => FailedLookup[0, 4, 3, 0, 47];
    path_against_the_guard: at(e, init::CNODE, 1 << 20, 64, 0) => FailedLookup[0, 4, 64, 0, 47];
    path_to_a_cnode: { let index = e.cnode(4); at(e, init::CNODE, index, 64, 0) } => Success;
    offset_beyond_a_cnode: { let root = e.cnode(4); at(e, root, 0, 0, 16) } => RangeError[0, 15];
    offset_of_all_ones: { let root = e.cnode(4); at(e, root, 0, 0, u64::MAX) } => RangeError[0, 15];
    last_slot: { let root = e.cnode(4); at(e, root, 0, 0, 15) } => Success;
    used_slot: { let slot = e.endpoint(); at(e, init::CNODE, 0, 0, slot) } => DeleteFirst;
    endpoint_of_device_memory: on_device(e, 2) => InvalidArgument[1];
    vspace_of_device_memory: on_device(e, 8) => InvalidArgument[1];
    label_of_another_object: ask(e.untyped.bits(), TcbResume, &[], &[]) => IllegalOperation;
}
