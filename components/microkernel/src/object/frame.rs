// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames: memory that can be mapped.

use crate::arch::Memory;
use crate::cap::{Cap, FrameCap, FrameSize, Mapping};
use crate::cspace::LookupFailure;
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::asid;
use crate::object::page_table::{self, split};
use crate::object::vspace::{self, Maintenance};
use sel4_abi::invocation::Invocation;
use sel4_abi::rights::CapRights;

/// Takes the frame out of the VSpace that this capability mapped it in, if it still is there.
pub fn unmap(kernel: &Kernel, frame: &FrameCap) {
    let Some(mapping) = frame.mapping else { return };
    let Some(root) = asid::find(kernel, mapping.asid) else { return };
    let place = page_table::walk_to(root, mapping.vaddr, frame.size.bits());
    if place.bits_left != frame.size.bits() {
        return;
    }
    if place.frame() == Some(frame.paddr) {
        place.set(0);
        page_table::forget_address(kernel, mapping.asid, mapping.vaddr);
    } else if frame.size == FrameSize::Large && split::take_out(&place, frame.paddr) {
        page_table::forget_all(kernel, mapping.asid);
    }
}

/// Invocations of a frame capability.
pub fn invoke(args: &Args<'_>, frame: FrameCap) -> InvocationResult {
    const MAP: u64 = Invocation::PageMap as u64;
    const UNMAP: u64 = Invocation::PageUnmap as u64;
    const GET_ADDRESS: u64 = Invocation::PageGetAddress as u64;
    match args.label {
        MAP => map(args, frame),
        UNMAP => {
            unmap(args.kernel, &frame);
            args.slot.update(Cap::Frame(FrameCap { mapping: None, ..frame }));
            Ok(0)
        }
        GET_ADDRESS => {
            args.answer(0, frame.paddr);
            Ok(1)
        }
        label => match Maintenance::of_page(label) {
            Some(maintenance) => maintain(args, &frame, maintenance),
            None => Err(SyscallError::IllegalOperation),
        },
    }
}

fn map(args: &Args<'_>, frame: FrameCap) -> InvocationResult {
    args.require(3, 1)?;
    let (address, rights, attributes) = (args.word(0), CapRights(args.word(1)), args.word(2));
    let size = 1 << frame.size.bits();
    // The address itself is checked below, after alignment and remapping, as seL4 does.
    let (root, asid) = vspace::assigned(args, args.cap(0)?.cap(), 1, 0)?;
    if address % size != 0 {
        return Err(SyscallError::AlignmentError);
    }
    match frame.mapping {
        Some(mapping) if mapping.asid != asid => return Err(SyscallError::InvalidCapability(1)),
        Some(mapping) if mapping.vaddr != address => return Err(SyscallError::InvalidArgument(0)),
        None if address >= args.kernel.cpu.arch.user_top() => return Err(SyscallError::InvalidArgument(0)),
        _ => {}
    }
    let mapping = Mapping { asid, vaddr: address };
    let mapped = FrameCap { rights: frame.rights.mask(rights), ..frame };
    page_table::map_frame(args.kernel, root, asid, address, &mapped, attributes)?;
    asid::frame_mapped(args.kernel, asid, frame.paddr..frame.paddr + size);
    // The capability keeps its rights: a later mapping may use them all.
    args.slot.update(Cap::Frame(FrameCap { mapping: Some(mapping), ..frame }));
    Ok(0)
}

/// Cache maintenance of a mapped frame; the range is relative to its start.
fn maintain(args: &Args<'_>, frame: &FrameCap, maintenance: Maintenance) -> InvocationResult {
    args.require(2, 0)?;
    let mapping = frame.mapping.ok_or(SyscallError::IllegalOperation)?;
    if asid::find(args.kernel, mapping.asid).is_none() {
        return Err(SyscallError::FailedLookup { source: false, failure: LookupFailure::InvalidRoot });
    }
    let (start, end, size) = (args.word(0), args.word(1), 1 << frame.size.bits());
    if end <= start {
        return Err(SyscallError::InvalidArgument(1));
    }
    if start >= size || end > size {
        return Err(SyscallError::InvalidArgument(0));
    }
    if frame.device {
        return Err(SyscallError::IllegalOperation);
    }
    maintenance.run(args.kernel, frame.paddr + start, end - start);
    Ok(0)
}
