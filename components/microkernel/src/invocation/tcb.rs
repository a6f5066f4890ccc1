// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of threads: running, stopping, priorities, notifications.

use super::tcb_config::{configure, set_ipc_buffer, set_space, set_timeout_endpoint};
use super::tcb_registers::{copy_registers, read_registers, write_registers};
use super::{Args, InvocationResult};
use crate::arch::ThreadSwitch;
use crate::cap::Cap;
use crate::error::SyscallError;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use sel4_abi::invocation::Invocation;

/// Flag bits that exist: the FPU is disabled.
const FLAGS: u64 = 1;

pub(super) fn invoke(args: &Args, thread: Ref<Tcb>) -> InvocationResult {
    let kernel = args.kernel;
    match Invocation::from_label(args.label) {
        Some(Invocation::TcbReadRegisters) => return read_registers(args, thread),
        Some(Invocation::TcbWriteRegisters) => write_registers(args, thread)?,
        Some(Invocation::TcbCopyRegisters) => copy_registers(args, thread)?,
        Some(Invocation::TcbConfigure) => configure(args, thread)?,
        Some(Invocation::TcbSetPriority) => {
            args.require(1, 1)?;
            kernel.set_priority(thread, priority(args, args.word(0))?);
        }
        Some(Invocation::TcbSetMCPriority) => {
            args.require(1, 1)?;
            thread.mcp.set(priority(args, args.word(0))?);
        }
        Some(Invocation::TcbSetSchedParams) => set_sched_params(args, thread)?,
        Some(Invocation::TcbSetTimeoutEndpoint) => set_timeout_endpoint(args, thread)?,
        Some(Invocation::TcbSetIPCBuffer) => set_ipc_buffer(args, thread)?,
        Some(Invocation::TcbSetSpace) => set_space(args, thread)?,
        Some(Invocation::TcbSuspend) => kernel.suspend(thread),
        Some(Invocation::TcbResume) => kernel.restart(thread),
        Some(Invocation::TcbBindNotification) => bind_notification(args, thread)?,
        Some(Invocation::TcbUnbindNotification) => {
            if thread.bound_notification.get().is_none() {
                return Err(SyscallError::IllegalOperation);
            }
            kernel.unbind_notification(thread);
        }
        Some(Invocation::TcbSetTLSBase) => {
            args.require(1, 0)?;
            kernel.cpu.arch.set_thread_pointer(thread, args.word(0));
        }
        Some(Invocation::TcbSetFlags) => {
            args.require(2, 0)?;
            let flags = thread.flags.get() as u64 & !args.word(0) | args.word(1) & FLAGS;
            thread.flags.set(flags as u8);
            args.answer(0, flags);
            return Ok(1);
        }
        _ => return Err(SyscallError::IllegalOperation),
    }
    Ok(0)
}

/// A priority that the authority, extra capability 0, may give.
fn priority(args: &Args, wanted: u64) -> Result<u8, SyscallError> {
    let Cap::Thread(authority) = args.cap(0)?.cap() else { return Err(SyscallError::InvalidCapability(1)) };
    let most = authority.mcp.get();
    if wanted > most as u64 { Err(SyscallError::RangeError(0, most as u64)) } else { Ok(wanted as u8) }
}

/// Priorities, scheduling context and fault endpoint at once; all are set.
fn set_sched_params(args: &Args, thread: Ref<Tcb>) -> Result<(), SyscallError> {
    args.require(2, 3)?;
    let kernel = args.kernel;
    let (mcp, new_priority) = (priority(args, args.word(0))?, priority(args, args.word(1))?);
    let old = thread.sched_context.get();
    let new = match args.cap(1)?.cap() {
        Cap::SchedContext { object, .. } => {
            let taken = old != Some(object) && (old.is_some() || object.tcb.get().is_some());
            let released = object.is_active() && kernel.has_budget(object);
            if taken || (thread.is_blocked() && !released) {
                return Err(SyscallError::IllegalOperation);
            }
            Some(object)
        }
        Cap::Null if thread == args.caller => return Err(SyscallError::IllegalOperation),
        Cap::Null => None,
        _ => return Err(SyscallError::InvalidCapability(2)),
    };
    let handler = args.cap(2)?;
    if !handler.cap().is_fault_handler() {
        return Err(SyscallError::InvalidCapability(3));
    }
    args.install(thread, &thread.fault_endpoint, handler.cap(), handler)?;
    thread.mcp.set(mcp);
    kernel.set_priority(thread, new_priority);
    if new != old {
        if let Some(old) = old {
            kernel.unbind_thread(old);
        }
        if let Some(new) = new {
            kernel.bind_thread(new, thread);
        }
    }
    Ok(())
}

fn bind_notification(args: &Args, thread: Ref<Tcb>) -> Result<(), SyscallError> {
    let cap = args.cap(0)?.cap();
    match cap {
        Cap::Notification { object, rights, .. }
            if rights.read() && thread.bound_notification.get().is_none() && object.can_be_bound() =>
        {
            args.kernel.bind_notification(thread, object);
            Ok(())
        }
        _ => Err(SyscallError::IllegalOperation),
    }
}
