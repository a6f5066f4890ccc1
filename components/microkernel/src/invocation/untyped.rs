// SPDX-License-Identifier: MIT OR Apache-2.0
//! Untyped_Retype: memory becomes objects.

use super::{Args, InvocationResult};
use crate::arch::USER_SPSR;
use crate::arch::{Caches, Memory};
use crate::cap::{CNodeCap, Cap, FrameCap, FrameRights, FrameSize, UntypedCap, derivation};
use crate::cspace::{LookupFailure, lookup_target};
use crate::error::SyscallError;
use crate::object::reference::{KernelObject, Ref};
use crate::object::tcb::Tcb;
use crate::object::vcpu;
use sel4_abi::WORD_BITS;
use sel4_abi::invocation::Invocation;
use sel4_abi::object::{MAX_UNTYPED_BITS, MIN_SCHED_CONTEXT_BITS, MIN_UNTYPED_BITS, ObjectType, RETYPE_FAN_OUT_LIMIT};
use sel4_abi::rights::CapRights;

pub(super) fn invoke(args: &Args, untyped: UntypedCap) -> InvocationResult {
    if args.label != Invocation::UntypedRetype.label() {
        return Err(SyscallError::IllegalOperation);
    }
    args.require(6, 1)?;
    let (kind, bits) = what(args)?;
    let node = destination(args)?;
    let (offset, count) = window(args, &node)?;
    let free = if derivation::has_children(args.slot) { untyped.free } else { 0 };
    let left = (1u64 << untyped.bits) - free;
    if (left >> bits) < count {
        return Err(SyscallError::NotEnoughMemory(left));
    }
    if untyped.device && !is_frame(kind) && kind != ObjectType::Untyped {
        return Err(SyscallError::InvalidArgument(1));
    }
    // If anything fits, it also fits aligned: the end of an Untyped is as aligned as its start.
    let start = (untyped.paddr + free).next_multiple_of(1 << bits);
    let bytes = count << bits;
    if !untyped.device && kind != ObjectType::Untyped {
        args.kernel.cpu.arch.zero(start, bytes);
        if is_frame(kind) || is_table(kind) {
            args.kernel.cpu.arch.clean(start, bytes);
        }
    }
    args.slot.update(Cap::Untyped(UntypedCap { free: start + bytes - untyped.paddr, ..untyped }));
    for index in 0..count {
        let addr = start + (index << bits);
        let cap = create(kind, addr, bits as u8, untyped.device).unwrap_or(Cap::Null);
        derivation::insert_new(cap, args.slot, node.slots.offset((offset + index) as usize));
    }
    Ok(0)
}

/// Which type of object, and its size as a power of two.
fn what(args: &Args) -> Result<(ObjectType, usize), SyscallError> {
    let kind = ObjectType::from_number(args.word(0)).ok_or(SyscallError::InvalidArgument(0))?;
    let size = args.word(1);
    let too_large = Err(SyscallError::RangeError(0, MAX_UNTYPED_BITS as u64));
    if size >= WORD_BITS as u64 {
        return too_large;
    }
    let bits = kind.object_bits(size as usize);
    if bits > MAX_UNTYPED_BITS {
        return too_large;
    }
    let least = match kind {
        ObjectType::CNode => 1,
        ObjectType::Untyped => MIN_UNTYPED_BITS as u64,
        ObjectType::SchedContext => MIN_SCHED_CONTEXT_BITS as u64,
        _ => 0,
    };
    if size < least { Err(SyscallError::InvalidArgument(1)) } else { Ok((kind, bits)) }
}

/// The CNode that gets the capabilities.
fn destination(args: &Args) -> Result<CNodeCap, SyscallError> {
    let root = args.cap(0)?.cap();
    let depth = args.word(3);
    let node = if depth == 0 { root } else { lookup_target(&root, args.word(2), depth, false)?.cap() };
    match node {
        Cap::CNode(node) => Ok(node),
        _ => Err(SyscallError::FailedLookup {
            source: false,
            failure: LookupFailure::MissingCapability { bits_left: depth as u8 },
        }),
    }
}

/// The slots that get them, all empty: first and count.
fn window(args: &Args, node: &CNodeCap) -> Result<(u64, u64), SyscallError> {
    let (offset, count) = (args.word(4), args.word(5));
    let slots = 1u64 << node.radix;
    if offset >= slots {
        return Err(SyscallError::RangeError(0, slots - 1));
    }
    if !(1..=RETYPE_FAN_OUT_LIMIT).contains(&count) {
        return Err(SyscallError::RangeError(1, RETYPE_FAN_OUT_LIMIT));
    }
    if count > slots - offset {
        return Err(SyscallError::RangeError(1, slots - offset));
    }
    let mut window = (offset..offset + count).map(|index| node.slots.offset(index as usize));
    if window.all(|slot| slot.is_empty()) { Ok((offset, count)) } else { Err(SyscallError::DeleteFirst) }
}

const fn is_frame(kind: ObjectType) -> bool {
    matches!(kind, ObjectType::SmallPage | ObjectType::LargePage | ObjectType::HugePage)
}

const fn is_table(kind: ObjectType) -> bool {
    matches!(kind, ObjectType::VSpace | ObjectType::PageTable)
}

/// Makes the object in zeroed memory, and the capability with all rights.
fn create(kind: ObjectType, addr: u64, bits: u8, device: bool) -> Option<Cap> {
    let frame =
        |size| Cap::Frame(FrameCap { paddr: addr, size, rights: FrameRights::ReadWrite, device, mapping: None });
    Some(match kind {
        ObjectType::Untyped => Cap::Untyped(UntypedCap { paddr: addr, bits, device, free: 0 }),
        ObjectType::Tcb => Cap::Thread(create_thread(addr)?),
        ObjectType::Endpoint => Cap::Endpoint { object: object(addr)?, badge: 0, rights: CapRights::ALL },
        ObjectType::Notification => {
            Cap::Notification { object: object(addr)?, badge: 0, rights: CapRights::READ_WRITE }
        }
        ObjectType::CNode => {
            let radix = bits - sel4_abi::object::SLOT_BITS as u8;
            Cap::CNode(CNodeCap { slots: object(addr)?, radix, guard_bits: 0, guard: 0 })
        }
        ObjectType::SchedContext => Cap::SchedContext { object: object(addr)?, bits },
        ObjectType::Reply => Cap::Reply { object: object(addr)?, grant: true },
        ObjectType::HugePage => frame(FrameSize::Huge),
        ObjectType::LargePage => frame(FrameSize::Large),
        ObjectType::SmallPage => frame(FrameSize::Small),
        ObjectType::VSpace => Cap::VSpace { object: object(addr)?, asid: 0 },
        ObjectType::PageTable => Cap::PageTable { object: object(addr)?, mapping: None },
        ObjectType::Vcpu => {
            let object = object(addr)?;
            vcpu::initialise(object);
            Cap::Vcpu(object)
        }
    })
}

fn object<T: KernelObject>(addr: u64) -> Option<Ref<T>> {
    Ref::from_addr(addr)
}

/// A thread in zeroed memory: inactive, at EL0. Boot makes the first one with it.
pub fn create_thread(addr: u64) -> Option<Ref<Tcb>> {
    let thread: Ref<Tcb> = object(addr)?;
    thread.context.spsr.set(USER_SPSR);
    Some(thread)
}
