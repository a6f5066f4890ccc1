// SPDX-License-Identifier: MIT OR Apache-2.0
//! Capabilities: copies, badges, deletion and revocation.

use sel4::{
    CNodeCapData, CPtr, Cap, CapRights, CapType, Error, ObjectBlueprint, cap, cap_type,
    init_thread::slot::{CNODE, IRQ_CONTROL},
};

use crate::{
    case::{Outcome, check, refused, refused_with},
    env::{Env, slot_of},
};

/// Type numbers of DebugCapIdentify differ between kernels; empty is 0 everywhere.
fn is_there<T: CapType>(cap: Cap<T>) -> bool {
    cap.debug_identify() != 0
}

pub fn copy_from_an_empty_slot(env: &mut Env) -> Outcome {
    let (from, to) = (env.slot(), env.slot());
    refused_with(to.copy(&from, CapRights::all()), Error::FailedLookup, &[1, 2])
}

pub fn copy_to_a_used_slot(env: &mut Env) -> Outcome {
    let (a, b): (cap::Endpoint, cap::Endpoint) = (env.object(), env.object());
    refused(slot_of(b).copy(&slot_of(a), CapRights::all()), Error::DeleteFirst)?;
    refused(slot_of(b).move_(&slot_of(a)), Error::DeleteFirst)
}

pub fn badge_once(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    let badged = env.mint(endpoint, CapRights::all(), 7);
    refused(env.slot().mint(&slot_of(badged), CapRights::all(), 8), Error::IllegalOperation)?;
    let unbadged = env.mint(endpoint, CapRights::all(), 0);
    env.slot().mint(&slot_of(unbadged), CapRights::all(), 8)?;
    Ok(())
}

pub fn mutate_keeps_its_hands_off_badges(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    refused(env.slot().mutate(&slot_of(endpoint), 7), Error::IllegalOperation)
}

pub fn move_empties(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    let to: cap::Endpoint = env.empty();
    slot_of(to).move_(&slot_of(endpoint))?;
    check(!is_there(endpoint), "the source is empty")?;
    check(is_there(to), "the destination is not")
}

pub fn rotate_swaps(env: &mut Env) -> Outcome {
    // Not endpoints: those refuse new data, 0 included.
    let (a, b): (cap::Tcb, cap::Reply) = (env.object(), env.object());
    let (kind_a, kind_b) = (a.debug_identify(), b.debug_identify());
    let to: cap::Tcb = env.empty();
    slot_of(to).rotate(0, (&slot_of(a), 0), &slot_of(b))?;
    check(to.debug_identify() == kind_a && a.debug_identify() == kind_b && !is_there(b), "a to c, b to a")?;
    let from = slot_of(to);
    from.rotate(0, (&slot_of(a), 0), &from)?;
    check(to.debug_identify() == kind_b && a.debug_identify() == kind_a, "a and c swapped")
}

pub fn delete_then_call(env: &mut Env) -> Outcome {
    let tcb: cap::Tcb = env.object();
    slot_of(tcb).delete()?;
    refused_with(tcb.tcb_resume(), Error::InvalidCapability, &[0])?;
    slot_of(tcb).delete()?;
    Ok(())
}

pub fn depth_out_of_range(env: &mut Env) -> Outcome {
    let bits = env.slot().path().bits();
    let at = |depth| CNODE.cap().absolute_cptr_from_bits_with_depth(bits, depth);
    refused_with(at(65).delete(), Error::RangeError, &[1, 64])?;
    refused(at(0).delete(), Error::RangeError)?;
    refused(at(3).delete(), Error::FailedLookup)
}

pub fn revoke_takes_descendants(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    let other: cap::Endpoint = env.object();
    let badged = env.mint(endpoint, CapRights::all(), 7);
    let copy = env.mint(badged, CapRights::read_write(), 0);
    slot_of(endpoint).revoke()?;
    check(is_there(endpoint) && is_there(other), "itself and its sibling stay")?;
    check(!is_there(badged) && !is_there(copy), "what was derived is gone")
}

pub fn delete_keeps_descendants(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    let badged = env.mint(endpoint, CapRights::all(), 7);
    slot_of(endpoint).delete()?;
    check(is_there(badged), "the badged one stays")?;
    slot_of(env.untyped).revoke()?;
    check(!is_there(badged), "the memory's owner still reaches it")
}

pub fn a_cnode_with_itself_inside(env: &mut Env) -> Outcome {
    let cnode: cap::CNode = env.make(ObjectBlueprint::CNode { size_bits: 4 })?;
    let guarded = CNodeCapData::skip_high_bits(4).into_word();
    let inside = |index| cnode.absolute_cptr_from_bits_with_depth(index, 4);
    inside(1).mint(&slot_of(cnode), CapRights::all(), guarded)?;
    inside(2).mint(&slot_of(cnode), CapRights::all(), guarded)?;
    let endpoint: cap::Endpoint = env.object();
    inside(3).copy(&slot_of(endpoint), CapRights::all())?;
    slot_of(cnode).delete()?;
    check(!is_there(cnode), "gone")?;
    slot_of(env.untyped).revoke()?;
    check(!is_there(endpoint), "and its memory is free")
}

pub fn a_cnode_of_cnodes(env: &mut Env) -> Outcome {
    let outer: cap::CNode = env.make(ObjectBlueprint::CNode { size_bits: 4 })?;
    let root = outer.absolute_cptr_for_self();
    let blueprint = ObjectBlueprint::CNode { size_bits: 2 };
    env.untyped.untyped_retype(&blueprint, &root, 0, 16)?;
    // Slot 5 of the outer one, slot 3 of that one.
    let path = outer.absolute_cptr_from_bits_with_depth(5 << 2 | 3, 6);
    let endpoint: cap::Endpoint = env.object();
    path.copy(&slot_of(endpoint), CapRights::all())?;
    refused(path.copy(&slot_of(endpoint), CapRights::all()), Error::DeleteFirst)?;
    let first = outer.absolute_cptr_from_bits_with_depth(5, 4);
    first.delete()?;
    check(path.delete().is_err(), "the way is gone")?;
    slot_of(outer).delete()?;
    Ok(())
}

pub fn irq_control_cannot_be_copied(env: &mut Env) -> Outcome {
    let from = CNODE.cap().absolute_cptr(IRQ_CONTROL.cptr());
    refused(env.slot().copy(&from, CapRights::all()), Error::IllegalOperation)?;
    let to = env.slot();
    IRQ_CONTROL.cap().irq_control_get(50, &to)?;
    refused(IRQ_CONTROL.cap().irq_control_get(50, &env.slot()), Error::RevokeFirst)?;
    refused(IRQ_CONTROL.cap().irq_control_get(27, &env.slot()), Error::RevokeFirst)?;
    refused_with(IRQ_CONTROL.cap().irq_control_get(1 << 20, &env.slot()), Error::RangeError, &[0])?;
    let handler: cap::IrqHandler = CPtr::from_bits(to.path().bits()).cast();
    let notification: cap::Notification = env.object();
    handler.irq_handler_set_notification(notification)?;
    handler.irq_handler_ack()?;
    handler.irq_handler_clear()?;
    to.delete()?;
    IRQ_CONTROL.cap().irq_control_get(50, &to)?;
    Ok(())
}

pub fn unassigned_vspace_cannot_be_copied(env: &mut Env) -> Outcome {
    let vspace = env.object::<cap_type::VSpace>();
    refused(env.slot().copy(&slot_of(vspace), CapRights::all()), Error::IllegalOperation)
}
