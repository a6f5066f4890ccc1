// SPDX-License-Identifier: MIT OR Apache-2.0
//! Retype.

use sel4::{CPtr, CapRights, Error, ObjectBlueprint, cap, cap_type, init_thread::slot::CNODE};

use crate::{
    case::{Outcome, check, refused, refused_with},
    env::{CASE_BITS, Env, slot_of},
};

const ENDPOINT: ObjectBlueprint = ObjectBlueprint::Endpoint;

fn retype(env: &mut Env, blueprint: ObjectBlueprint, count: usize) -> sel4::Result<()> {
    let slot = env.slot().path().bits() as usize;
    env.untyped.untyped_retype(&blueprint, &CNODE.cap().absolute_cptr_for_self(), slot, count)
}

pub fn too_many_objects(env: &mut Env) -> Outcome {
    refused_with(retype(env, ENDPOINT, 257), Error::RangeError, &[1, 256])
}

pub fn no_objects(env: &mut Env) -> Outcome {
    refused_with(retype(env, ENDPOINT, 0), Error::RangeError, &[1, 256])
}

pub fn unknown_type(env: &mut Env) -> Outcome {
    let slot = env.slot().path().bits();
    let caps = [CNODE.cap().bits()];
    refused_with(env.untyped.invoke_raw(1, &[13, 0, 0, 0, slot, 1], &caps), Error::InvalidArgument, &[0])?;
    refused(env.untyped.invoke_raw(1, &[2, 0, 0, 0, slot], &caps), Error::TruncatedMessage)?;
    refused(env.untyped.invoke_raw(1, &[2, 0, 0, 0, slot, 1], &[]), Error::TruncatedMessage)
}

pub fn used_slot(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    let root = CNODE.cap().absolute_cptr_for_self();
    refused(env.untyped.untyped_retype(&ENDPOINT, &root, endpoint.bits() as usize, 1), Error::DeleteFirst)?;
    // The second of two slots is used.
    let (first, second) = (env.slot(), env.slot());
    env.untyped.untyped_retype(&ENDPOINT, &root, second.path().bits() as usize, 1)?;
    refused(env.untyped.untyped_retype(&ENDPOINT, &root, first.path().bits() as usize, 2), Error::DeleteFirst)
}

pub fn sizes_out_of_range(env: &mut Env) -> Outcome {
    refused_with(retype(env, ObjectBlueprint::SchedContext { size_bits: 6 }, 1), Error::InvalidArgument, &[1])?;
    refused_with(retype(env, ObjectBlueprint::CNode { size_bits: 0 }, 1), Error::InvalidArgument, &[1])?;
    refused_with(retype(env, ObjectBlueprint::Untyped { size_bits: 3 }, 1), Error::InvalidArgument, &[1])?;
    refused(retype(env, ObjectBlueprint::Untyped { size_bits: 64 }, 1), Error::RangeError)
}

pub fn out_of_memory(env: &mut Env) -> Outcome {
    refused(retype(env, ObjectBlueprint::Untyped { size_bits: CASE_BITS + 1 }, 1), Error::NotEnoughMemory)?;
    retype(env, ObjectBlueprint::Untyped { size_bits: CASE_BITS }, 1)?;
    refused_with(retype(env, ENDPOINT, 1), Error::NotEnoughMemory, &[0])
}

pub fn copy_with_children(env: &mut Env) -> Outcome {
    env.object::<cap_type::Endpoint>();
    refused(env.slot().copy(&slot_of(env.untyped), CapRights::all()), Error::RevokeFirst)
}

pub fn device_memory_is_for_frames(env: &mut Env) -> Outcome {
    let slot = env.slot().path().bits() as usize;
    let result = env.device.untyped_retype(&ObjectBlueprint::Tcb, &CNODE.cap().absolute_cptr_for_self(), slot, 1);
    refused_with(result, Error::InvalidArgument, &[1])
}

pub fn revoke_gives_memory_back(env: &mut Env) -> Outcome {
    for _ in 0..3 {
        retype(env, ObjectBlueprint::Untyped { size_bits: CASE_BITS }, 1)?;
        slot_of(env.untyped).revoke()?;
    }
    let memory: cap::Untyped = env.make(ObjectBlueprint::Untyped { size_bits: CASE_BITS })?;
    check(memory.bits() != 0, "the last one stays")
}

pub fn no_such_cnode(env: &mut Env) -> Outcome {
    let endpoint: cap::Endpoint = env.object();
    let wrong = endpoint.cast::<cap_type::CNode>().absolute_cptr_for_self();
    check(env.untyped.untyped_retype(&ENDPOINT, &wrong, 0, 1).is_err(), "an endpoint is no CNode")?;
    let nowhere = CNODE.cap().absolute_cptr(CPtr::from_bits(env.slot().path().bits()));
    check(env.untyped.untyped_retype(&ENDPOINT, &nowhere, 0, 1).is_err(), "an empty slot is no CNode")?;
    let root = CNODE.cap().absolute_cptr_for_self();
    check(env.untyped.untyped_retype(&ENDPOINT, &root, 1 << 20, 1).is_err(), "beyond the CNode")
}
