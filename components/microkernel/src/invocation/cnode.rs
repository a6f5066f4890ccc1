// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of CNodes: copying, moving and deleting capabilities.

use super::{Args, InvocationResult};
use crate::cap::{Cap, Slot, derivation};
use crate::cspace::{LookupFailure, lookup_target};
use crate::error::SyscallError;
use crate::object::reference::Ref;
use sel4_abi::invocation::Invocation;
use sel4_abi::rights::CapRights;

pub(super) fn invoke(args: &Args, root: &Cap) -> InvocationResult {
    let Some(
        invocation @ (Invocation::CNodeRevoke
        | Invocation::CNodeDelete
        | Invocation::CNodeCancelBadgedSends
        | Invocation::CNodeCopy
        | Invocation::CNodeMint
        | Invocation::CNodeMove
        | Invocation::CNodeMutate
        | Invocation::CNodeRotate),
    ) = Invocation::from_label(args.label)
    else {
        return Err(SyscallError::IllegalOperation);
    };
    args.require(2, 0)?;
    let slot = lookup_target(root, args.word(0), args.word(1), false)?;
    match invocation {
        Invocation::CNodeRevoke => args.kernel.revoke(slot)?,
        Invocation::CNodeDelete => args.kernel.delete(slot)?,
        Invocation::CNodeCancelBadgedSends => cancel_badged_sends(args, slot)?,
        Invocation::CNodeRotate => rotate(args, slot)?,
        _ => transfer(args, invocation, slot)?,
    }
    Ok(0)
}

/// Copy, Mint, Move, Mutate: from a source slot to an empty one.
fn transfer(args: &Args, invocation: Invocation, destination: Ref<Slot>) -> Result<(), SyscallError> {
    args.require(4, 1)?;
    let root = args.cap(0)?.cap();
    if !destination.is_empty() {
        return Err(SyscallError::DeleteFirst);
    }
    let source = lookup_full(&root, args.word(2), args.word(3), true)?;
    let rights = || CapRights(args.word(4));
    let cap = match invocation {
        Invocation::CNodeCopy => {
            args.require(5, 1)?;
            source.cap().mask(rights()).derive(source)?
        }
        Invocation::CNodeMint => {
            args.require(6, 1)?;
            source.cap().mask(rights()).with_data(args.word(5), false).derive(source)?
        }
        Invocation::CNodeMutate => {
            args.require(5, 1)?;
            source.cap().with_data(args.word(4), true)
        }
        _ => source.cap(),
    };
    match (cap, invocation) {
        (Cap::Null, _) => return Err(SyscallError::IllegalOperation),
        (_, Invocation::CNodeCopy | Invocation::CNodeMint) => derivation::insert(cap, source, destination),
        _ => derivation::relocate(cap, source, destination),
    }
    Ok(())
}

/// A slot that holds something. `source`: what a failure says.
fn lookup_full(root: &Cap, index: u64, depth: u64, source: bool) -> Result<Ref<Slot>, SyscallError> {
    let slot = lookup_target(root, index, depth, true)?;
    ensure_full(slot, depth, source)
}

fn ensure_full(slot: Ref<Slot>, depth: u64, source: bool) -> Result<Ref<Slot>, SyscallError> {
    if slot.is_empty() {
        let failure = LookupFailure::MissingCapability { bits_left: depth as u8 };
        return Err(SyscallError::FailedLookup { source, failure });
    }
    Ok(slot)
}

fn cancel_badged_sends(args: &Args, slot: Ref<Slot>) -> Result<(), SyscallError> {
    match slot.cap() {
        Cap::Endpoint { object, badge, rights } if rights == CapRights::ALL => {
            if badge != 0 {
                args.kernel.cancel_badged_sends(object, badge);
            }
            Ok(())
        }
        _ => Err(SyscallError::IllegalOperation),
    }
}

/// Source to pivot, pivot to destination; the destination may be the source.
fn rotate(args: &Args, destination: Ref<Slot>) -> Result<(), SyscallError> {
    args.require(8, 2)?;
    let (pivot_root, source_root) = (args.cap(0)?.cap(), args.cap(1)?.cap());
    let source = lookup_target(&source_root, args.word(6), args.word(7), true)?;
    let pivot = lookup_target(&pivot_root, args.word(3), args.word(4), true)?;
    if pivot == source || pivot == destination {
        return Err(SyscallError::IllegalOperation);
    }
    if source != destination && !destination.is_empty() {
        return Err(SyscallError::DeleteFirst);
    }
    ensure_full(source, args.word(7), true)?;
    ensure_full(pivot, args.word(4), false)?;
    let source_cap = source.cap().with_data(args.word(5), true);
    let pivot_cap = pivot.cap().with_data(args.word(2), true);
    if source_cap == Cap::Null || pivot_cap == Cap::Null {
        return Err(SyscallError::IllegalOperation);
    }
    if source == destination {
        derivation::swap(source_cap, source, pivot_cap, pivot);
    } else {
        derivation::relocate(pivot_cap, pivot, destination);
        derivation::relocate(source_cap, source, pivot);
    }
    Ok(())
}
