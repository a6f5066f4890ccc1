// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of a CNode: the root task's own.

use sel4::sys::boot_info::slot as init;
use sel4::sys::invocation::Invocation::{self, *};

use crate::{
    answer::{Ask, ask},
    answers,
};

/// One invocation of the root CNode.
fn own(invocation: Invocation, words: &[u64], caps: &[u64]) -> Ask {
    ask(init::CNODE, invocation, words, caps)
}

answers! { "cnode", e;
    copy: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE]) }
        => Success;
    copy_from_nothing: {
        let (to, from) = (e.fresh(), e.fresh());
        own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE])
    } => FailedLookup[1, 2, 64];
    copy_to_a_used_slot: {
        let (to, from) = (e.endpoint(), e.endpoint());
        own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE])
    } => DeleteFirst;
    copy_to_depth_0: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeCopy, &[to, 0, from, 64, 15], &[init::CNODE])
    } => RangeError[1, 64];
    copy_to_depth_65: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeCopy, &[to, 65, from, 64, 15], &[init::CNODE])
    } => RangeError[1, 64];
    copy_to_depth_3: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeCopy, &[to, 3, from, 64, 15], &[init::CNODE])
    } => FailedLookup[0, 4, 3, 0, 47];
    copy_from_depth_0: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeCopy, &[to, 64, from, 0, 15], &[init::CNODE])
    } => RangeError[1, 64];
    copy_from_depth_65: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeCopy, &[to, 64, from, 65, 15], &[init::CNODE])
    } => RangeError[1, 64];
    copy_from_behind_the_guard: { let to = e.fresh(); own(CNodeCopy, &[to, 64, 1 << 40, 64, 15], &[init::CNODE]) }
        => FailedLookup[1, 4, 64, 0, 47];
    copy_without_a_root: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeCopy, &[to, 64, from, 64, 15], &[]) }
        => TruncatedMessage;
    copy_with_an_endpoint_as_root: {
        let (to, from, root) = (e.fresh(), e.endpoint(), e.endpoint());
        own(CNodeCopy, &[to, 64, from, 64, 15], &[root])
    } => FailedLookup[1, 1];
    copy_with_three_words: { let to = e.fresh(); own(CNodeCopy, &[to, 64, 0], &[init::CNODE]) } => TruncatedMessage;
    mint: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeMint, &[to, 64, from, 64, 15, 7], &[init::CNODE]) }
        => Success;
    mint_from_nothing: {
        let (to, from) = (e.fresh(), e.fresh());
        own(CNodeMint, &[to, 64, from, 64, 15, 7], &[init::CNODE])
    } => FailedLookup[1, 2, 64];
    mint_to_a_used_slot: {
        let (to, from) = (e.endpoint(), e.endpoint());
        own(CNodeMint, &[to, 64, from, 64, 15, 7], &[init::CNODE])
    } => DeleteFirst;
    mint_to_depth_0: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMint, &[to, 0, from, 64, 15, 7], &[init::CNODE])
    } => RangeError[1, 64];
    mint_to_depth_65: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMint, &[to, 65, from, 64, 15, 7], &[init::CNODE])
    } => RangeError[1, 64];
    mint_to_depth_3: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMint, &[to, 3, from, 64, 15, 7], &[init::CNODE])
    } => FailedLookup[0, 4, 3, 0, 47];
    mint_from_depth_0: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMint, &[to, 64, from, 0, 15, 7], &[init::CNODE])
    } => RangeError[1, 64];
    mint_from_depth_65: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMint, &[to, 64, from, 65, 15, 7], &[init::CNODE])
    } => RangeError[1, 64];
    mint_from_behind_the_guard: { let to = e.fresh(); own(CNodeMint, &[to, 64, 1 << 40, 64, 15, 7], &[init::CNODE]) }
        => FailedLookup[1, 4, 64, 0, 47];
    mint_without_a_root: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeMint, &[to, 64, from, 64, 15, 7], &[]) }
        => TruncatedMessage;
    mint_with_an_endpoint_as_root: {
        let (to, from, root) = (e.fresh(), e.endpoint(), e.endpoint());
        own(CNodeMint, &[to, 64, from, 64, 15, 7], &[root])
    } => FailedLookup[1, 1];
    mint_with_three_words: { let to = e.fresh(); own(CNodeMint, &[to, 64, 0], &[init::CNODE]) } => TruncatedMessage;
    move: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeMove, &[to, 64, from, 64], &[init::CNODE]) }
        => Success;
    move_from_nothing: { let (to, from) = (e.fresh(), e.fresh()); own(CNodeMove, &[to, 64, from, 64], &[init::CNODE]) }
        => FailedLookup[1, 2, 64];
    move_to_a_used_slot: {
        let (to, from) = (e.endpoint(), e.endpoint());
        own(CNodeMove, &[to, 64, from, 64], &[init::CNODE])
    } => DeleteFirst;
    move_to_depth_0: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeMove, &[to, 0, from, 64], &[init::CNODE]) }
        => RangeError[1, 64];
    move_to_depth_65: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMove, &[to, 65, from, 64], &[init::CNODE])
    } => RangeError[1, 64];
    move_to_depth_3: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeMove, &[to, 3, from, 64], &[init::CNODE]) }
        => FailedLookup[0, 4, 3, 0, 47];
    move_from_depth_0: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMove, &[to, 64, from, 0], &[init::CNODE])
    } => RangeError[1, 64];
    move_from_depth_65: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMove, &[to, 64, from, 65], &[init::CNODE])
    } => RangeError[1, 64];
    move_from_behind_the_guard: { let to = e.fresh(); own(CNodeMove, &[to, 64, 1 << 40, 64], &[init::CNODE]) }
        => FailedLookup[1, 4, 64, 0, 47];
    move_without_a_root: { let (to, from) = (e.fresh(), e.endpoint()); own(CNodeMove, &[to, 64, from, 64], &[]) }
        => TruncatedMessage;
    move_with_an_endpoint_as_root: {
        let (to, from, root) = (e.fresh(), e.endpoint(), e.endpoint());
        own(CNodeMove, &[to, 64, from, 64], &[root])
    } => FailedLookup[1, 1];
    move_with_three_words: { let to = e.fresh(); own(CNodeMove, &[to, 64, 0], &[init::CNODE]) } => TruncatedMessage;
    mutate: { let (to, from) = (e.fresh(), e.reply()); own(CNodeMutate, &[to, 64, from, 64, 0], &[init::CNODE]) }
        => Success;
    mutate_from_nothing: {
        let (to, from) = (e.fresh(), e.fresh());
        own(CNodeMutate, &[to, 64, from, 64, 0], &[init::CNODE])
    } => FailedLookup[1, 2, 64];
    mutate_to_a_used_slot: {
        let (to, from) = (e.endpoint(), e.reply());
        own(CNodeMutate, &[to, 64, from, 64, 0], &[init::CNODE])
    } => DeleteFirst;
    mutate_to_depth_0: {
        let (to, from) = (e.fresh(), e.reply());
        own(CNodeMutate, &[to, 0, from, 64, 0], &[init::CNODE])
    } => RangeError[1, 64];
    mutate_to_depth_65: {
        let (to, from) = (e.fresh(), e.reply());
        own(CNodeMutate, &[to, 65, from, 64, 0], &[init::CNODE])
    } => RangeError[1, 64];
    mutate_to_depth_3: {
        let (to, from) = (e.fresh(), e.reply());
        own(CNodeMutate, &[to, 3, from, 64, 0], &[init::CNODE])
    } => FailedLookup[0, 4, 3, 0, 47];
    mutate_from_depth_0: {
        let (to, from) = (e.fresh(), e.reply());
        own(CNodeMutate, &[to, 64, from, 0, 0], &[init::CNODE])
    } => RangeError[1, 64];
    mutate_from_depth_65: {
        let (to, from) = (e.fresh(), e.reply());
        own(CNodeMutate, &[to, 64, from, 65, 0], &[init::CNODE])
    } => RangeError[1, 64];
    mutate_from_behind_the_guard: { let to = e.fresh(); own(CNodeMutate, &[to, 64, 1 << 40, 64, 0], &[init::CNODE]) }
        => FailedLookup[1, 4, 64, 0, 47];
    mutate_without_a_root: { let (to, from) = (e.fresh(), e.reply()); own(CNodeMutate, &[to, 64, from, 64, 0], &[]) }
        => TruncatedMessage;
    mutate_with_an_endpoint_as_root: {
        let (to, from, root) = (e.fresh(), e.reply(), e.endpoint());
        own(CNodeMutate, &[to, 64, from, 64, 0], &[root])
    } => FailedLookup[1, 1];
    mutate_with_three_words: { let to = e.fresh(); own(CNodeMutate, &[to, 64, 0], &[init::CNODE]) } => TruncatedMessage;
    mint_badge_0: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMint, &[to, 64, from, 64, 15, 0], &[init::CNODE])
    } => Success;
    mint_a_badged_one: {
        let from = e.endpoint(); let from = e.badged(from, 9); let to = e.fresh();
        own(CNodeMint, &[to, 64, from, 64, 15, 7], &[init::CNODE])
    } => IllegalOperation;
    mint_with_four_words: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMint, &[to, 64, from, 64], &[init::CNODE])
    } => TruncatedMessage;
    mint_a_thread_ignores_the_badge: {
        let (to, from) = (e.fresh(), e.tcb());
        own(CNodeMint, &[to, 64, from, 64, 15, 7], &[init::CNODE])
    } => Success;
    mint_a_cnode_with_a_guard_too_large: {
        let (to, from) = (e.fresh(), e.cnode(4));
        own(CNodeMint, &[to, 64, from, 64, 15, 63], &[init::CNODE])
    } => IllegalOperation;
    mutate_an_endpoint: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeMutate, &[to, 64, from, 64, 7], &[init::CNODE])
    } => IllegalOperation;
    mutate_a_cnode: {
        let (to, from) = (e.fresh(), e.cnode(4));
        own(CNodeMutate, &[to, 64, from, 64, 60], &[init::CNODE])
    } => Success;
    copy_irq_control: { let to = e.fresh(); own(CNodeCopy, &[to, 64, init::IRQ_CONTROL, 64, 15], &[init::CNODE]) }
        => IllegalOperation;
    copy_asid_control: { let to = e.fresh(); own(CNodeCopy, &[to, 64, init::ASID_CONTROL, 64, 15], &[init::CNODE]) }
        => Success;
    copy_domain: { let to = e.fresh(); own(CNodeCopy, &[to, 64, init::DOMAIN, 64, 15], &[init::CNODE]) } => Success;
    copy_a_reply: { let (to, from) = (e.fresh(), e.reply()); own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE]) }
        => Success;
    copy_a_sched_context: {
        let (to, from) = (e.fresh(), e.sched());
        own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE])
    } => Success;
    copy_a_vcpu: { let (to, from) = (e.fresh(), e.vcpu()); own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE]) }
        => Success;
    copy_an_unmapped_table: {
        let (to, from) = (e.fresh(), e.table());
        own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE])
    } => IllegalOperation;
    copy_an_unassigned_vspace: {
        let (to, from) = (e.fresh(), e.raw_vspace());
        own(CNodeCopy, &[to, 64, from, 64, 15], &[init::CNODE])
    } => IllegalOperation;
    copy_memory_in_use: {
        e.endpoint(); let to = e.fresh();
        own(CNodeCopy, &[to, 64, e.untyped.bits(), 64, 15], &[init::CNODE])
    } => RevokeFirst;
    copy_rights_0: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeCopy, &[to, 64, from, 64, 0], &[init::CNODE])
    } => Success;
    copy_rights_of_all_ones: {
        let (to, from) = (e.fresh(), e.endpoint());
        own(CNodeCopy, &[to, 64, from, 64, u64::MAX], &[init::CNODE])
    } => Success;
    delete: { let slot = e.endpoint(); own(CNodeDelete, &[slot, 64], &[]) } => Success;
    delete_an_empty_slot: { let slot = e.fresh(); own(CNodeDelete, &[slot, 64], &[]) } => Success;
    delete_depth_0: { let slot = e.endpoint(); own(CNodeDelete, &[slot, 0], &[]) } => RangeError[1, 64];
    delete_depth_65: { let slot = e.endpoint(); own(CNodeDelete, &[slot, 65], &[]) } => RangeError[1, 64];
    delete_depth_3: { let slot = e.endpoint(); own(CNodeDelete, &[slot, 3], &[]) } => FailedLookup[0, 4, 3, 0, 47];
    delete_one_word: { let slot = e.endpoint(); own(CNodeDelete, &[slot], &[]) } => TruncatedMessage;
    revoke: { let slot = e.endpoint(); own(CNodeRevoke, &[slot, 64], &[]) } => Success;
    revoke_an_empty_slot: { let slot = e.fresh(); own(CNodeRevoke, &[slot, 64], &[]) } => Success;
    revoke_depth_0: { let slot = e.endpoint(); own(CNodeRevoke, &[slot, 0], &[]) } => RangeError[1, 64];
    revoke_depth_65: { let slot = e.endpoint(); own(CNodeRevoke, &[slot, 65], &[]) } => RangeError[1, 64];
    revoke_depth_3: { let slot = e.endpoint(); own(CNodeRevoke, &[slot, 3], &[]) } => FailedLookup[0, 4, 3, 0, 47];
    revoke_one_word: { let slot = e.endpoint(); own(CNodeRevoke, &[slot], &[]) } => TruncatedMessage;
    cancel: { let slot = e.endpoint(); own(CNodeCancelBadgedSends, &[slot, 64], &[]) } => Success;
    cancel_an_empty_slot: { let slot = e.fresh(); own(CNodeCancelBadgedSends, &[slot, 64], &[]) } => IllegalOperation;
    cancel_depth_0: { let slot = e.endpoint(); own(CNodeCancelBadgedSends, &[slot, 0], &[]) } => RangeError[1, 64];
    cancel_depth_65: { let slot = e.endpoint(); own(CNodeCancelBadgedSends, &[slot, 65], &[]) } => RangeError[1, 64];
    cancel_depth_3: { let slot = e.endpoint(); own(CNodeCancelBadgedSends, &[slot, 3], &[]) }
        => FailedLookup[0, 4, 3, 0, 47];
    cancel_one_word: { let slot = e.endpoint(); own(CNodeCancelBadgedSends, &[slot], &[]) } => TruncatedMessage;
    cancel_a_badged_one: {
        let slot = e.endpoint(); let slot = e.badged(slot, 5);
        own(CNodeCancelBadgedSends, &[slot, 64], &[])
    } => Success;
    cancel_a_weak_one: {
        let slot = e.endpoint(); let slot = e.weak(slot, 3);
        own(CNodeCancelBadgedSends, &[slot, 64], &[])
    } => IllegalOperation;
    cancel_a_notification: { let slot = e.notification(); own(CNodeCancelBadgedSends, &[slot, 64], &[]) }
        => IllegalOperation;
    rotate: {
        let (to, pivot, from) = (e.fresh(), e.tcb(), e.reply());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE, init::CNODE])
    } => Success;
    rotate_swaps: {
        let (pivot, from) = (e.tcb(), e.reply());
        own(CNodeRotate, &[from, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE, init::CNODE])
    } => Success;
    rotate_onto_the_pivot: {
        let (pivot, from) = (e.tcb(), e.reply());
        own(CNodeRotate, &[pivot, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE, init::CNODE])
    } => IllegalOperation;
    rotate_source_is_the_pivot: {
        let (to, pivot) = (e.fresh(), e.tcb());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, pivot, 64], &[init::CNODE, init::CNODE])
    } => IllegalOperation;
    rotate_from_nothing: {
        let (to, pivot, from) = (e.fresh(), e.tcb(), e.fresh());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE, init::CNODE])
    } => FailedLookup[1, 2, 64];
    rotate_an_empty_pivot: {
        let (to, pivot, from) = (e.fresh(), e.fresh(), e.reply());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE, init::CNODE])
    } => FailedLookup[0, 2, 64];
    rotate_to_a_used_slot: {
        let (to, pivot, from) = (e.endpoint(), e.tcb(), e.reply());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE, init::CNODE])
    } => DeleteFirst;
    rotate_an_endpoint: {
        let (to, pivot, from) = (e.fresh(), e.tcb(), e.endpoint());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE, init::CNODE])
    } => IllegalOperation;
    rotate_with_one_root: {
        let (to, pivot, from) = (e.fresh(), e.tcb(), e.reply());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, from, 64], &[init::CNODE])
    } => TruncatedMessage;
    rotate_with_seven_words: {
        let (to, pivot, from) = (e.fresh(), e.tcb(), e.reply());
        own(CNodeRotate, &[to, 64, 0, pivot, 64, 0, from], &[init::CNODE, init::CNODE])
    } => TruncatedMessage;
    label_of_another_object: own(TcbResume, &[0, 64, 0, 64], &[]) => IllegalOperation;
    label_0: Ask::new(init::CNODE, 0, &[0, 64, 0, 64], &[]) => IllegalOperation;
    label_of_all_ones: Ask::new(init::CNODE, (1 << 52) - 1, &[0, 64, 0, 64], &[]) => IllegalOperation;
}
