// SPDX-License-Identifier: MIT OR Apache-2.0
//! The capabilities that a thread holds itself: CSpace, VSpace, IPC buffer, fault handlers.

use super::Args;
use crate::arch::ThreadSwitch;
use crate::cap::{Cap, Slot, derivation};
use crate::error::SyscallError;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use sel4_abi::ipc_buffer::IPC_BUFFER_BITS;

type Done = Result<(), SyscallError>;

/// A capability to install, and the slot that it comes from.
type New = (Cap, Ref<Slot>);

/// CSpace, VSpace and IPC buffer; the fault handler stays.
pub(super) fn configure(args: &Args, thread: Ref<Tcb>) -> Done {
    args.require(3, 3)?;
    let buffer = check_buffer(args.cap(2)?, args.word(2))?;
    let (cspace, vspace) = check_spaces(args, thread, args.cap(0)?, args.cap(1)?)?;
    install_spaces(args, thread, cspace, vspace)?;
    install_buffer(args, thread, args.word(2), buffer)
}

/// Fault handler, CSpace and VSpace.
pub(super) fn set_space(args: &Args, thread: Ref<Tcb>) -> Done {
    args.require(2, 3)?;
    let handler = args.cap(0)?;
    let (cspace, vspace) = check_spaces(args, thread, args.cap(1)?, args.cap(2)?)?;
    if !handler.cap().is_fault_handler() {
        return Err(SyscallError::InvalidCapability(1));
    }
    args.install(thread, &thread.fault_endpoint, handler.cap(), handler)?;
    install_spaces(args, thread, cspace, vspace)
}

pub(super) fn set_ipc_buffer(args: &Args, thread: Ref<Tcb>) -> Done {
    args.require(1, 1)?;
    let buffer = check_buffer(args.cap(0)?, args.word(0))?;
    install_buffer(args, thread, args.word(0), buffer)
}

pub(super) fn set_timeout_endpoint(args: &Args, thread: Ref<Tcb>) -> Done {
    let handler = args.cap(0)?;
    if !handler.cap().is_fault_handler() {
        return Err(SyscallError::InvalidCapability(1));
    }
    args.install(thread, &thread.timeout_endpoint, handler.cap(), handler)
}

/// A frame for the buffer at an address; none at address 0.
fn check_buffer(slot: Ref<Slot>, addr: u64) -> Result<Option<New>, SyscallError> {
    if addr == 0 {
        return Ok(None);
    }
    let cap = slot.cap().derive(slot)?;
    match cap {
        Cap::Frame(frame) if !frame.device => {}
        _ => return Err(SyscallError::IllegalOperation),
    }
    if addr.is_multiple_of(1 << IPC_BUFFER_BITS) { Ok(Some((cap, slot))) } else { Err(SyscallError::AlignmentError) }
}

/// A CNode, with the guard of message word 0 if that is not 0, and an assigned VSpace.
fn check_spaces(
    args: &Args,
    thread: Ref<Tcb>,
    cspace: Ref<Slot>,
    vspace: Ref<Slot>,
) -> Result<(New, New), SyscallError> {
    if takes_long(&thread.cspace) || takes_long(&thread.vspace) {
        return Err(SyscallError::IllegalOperation);
    }
    let data = args.word(0);
    let root = if data == 0 { cspace.cap() } else { cspace.cap().with_data(data, false) };
    let Cap::CNode(root) = root.derive(cspace)? else { return Err(SyscallError::IllegalOperation) };
    let space = vspace.cap().derive(vspace)?;
    if !matches!(space, Cap::VSpace { .. }) {
        return Err(SyscallError::IllegalOperation);
    }
    Ok(((Cap::CNode(root), cspace), (space, vspace)))
}

/// Emptying the slot would empty other slots first.
fn takes_long(slot: &Slot) -> bool {
    let slot = Ref::to_part(slot);
    matches!(slot.cap(), Cap::CNode(_) | Cap::Thread(_) | Cap::Zombie(_)) && derivation::is_last(slot)
}

fn install_spaces(args: &Args, thread: Ref<Tcb>, cspace: New, vspace: New) -> Done {
    args.install(thread, &thread.cspace, cspace.0, cspace.1)?;
    args.install(thread, &thread.vspace, vspace.0, vspace.1)?;
    args.reload(thread);
    Ok(())
}

fn install_buffer(args: &Args, thread: Ref<Tcb>, addr: u64, buffer: Option<New>) -> Done {
    args.kernel.delete(Ref::to_part(&thread.buffer_frame))?;
    thread.ipc_buffer.set(addr);
    match buffer {
        Some((cap, source)) => args.install(thread, &thread.buffer_frame, cap, source),
        None => Ok(()),
    }
}

impl Args<'_> {
    /// Replaces a capability of a thread by `cap` from `source`.
    pub(super) fn install(&self, thread: Ref<Tcb>, slot: &Slot, cap: Cap, source: Ref<Slot>) -> Done {
        let slot = Ref::to_part(slot);
        self.kernel.delete(slot)?;
        // The deletion may have taken the source or the thread along.
        let alive = cap.same_object(&source.cap()) && self.slot.cap() == Cap::Thread(thread);
        if cap != Cap::Null && alive {
            derivation::insert(cap, source, slot);
        }
        Ok(())
    }

    /// Loads the new VSpace if the thread is the current one.
    fn reload(&self, thread: Ref<Tcb>) {
        if self.kernel.current() == Some(thread) {
            self.kernel.cpu.arch.switch_to(self.kernel, Some(thread));
        }
    }
}
