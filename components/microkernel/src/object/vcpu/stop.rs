// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stopping and starting a vCPU by invocation: `VCPU_Recall` and `VCPU_Start`, extensions. A VMM that has its vCPU's fault
//! stops it by the reply (`fault::message`).

use super::Vcpu;
use crate::arch::DebugBank;
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::object::reference::Ref;
use crate::object::tcb::ThreadState;
use lazaret_abi::fault_context::{REPLY_LENGTH, REPLY_REGISTER, ReplyRegister};
use lazaret_abi::{Invocation, Start, VcpuWait};

// The words are a reply's.
const _: () = assert!(Start::WORDS == REPLY_LENGTH);

/// What the vCPU's thread does; without a thread it is stopped.
pub(super) fn state(vcpu: Ref<Vcpu>) -> VcpuWait {
    let Some(thread) = vcpu.tcb.get() else { return VcpuWait::Stopped };
    match thread.state.get() {
        ThreadState::Running | ThreadState::Restart => VcpuWait::Runs,
        ThreadState::BlockedOnSend => VcpuWait::Sends,
        ThreadState::BlockedOnReply => VcpuWait::Answer,
        _ if !thread.fault.get().is_none() => VcpuWait::Lost,
        _ => VcpuWait::Stopped,
    }
}

/// What runs, waits for its timer, or has a fault that nobody can answer is stopped; an open fault stays.
pub(super) fn recall(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let thread = vcpu.tcb.get().ok_or(SyscallError::IllegalOperation)?;
    let before = state(vcpu);
    let is_open = matches!(before, VcpuWait::Sends | VcpuWait::Answer) && !thread.fault.get().is_none();
    if !is_open {
        args.kernel.suspend(thread);
    }
    args.answer(0, before as u64);
    Ok(1)
}

/// A fault that nobody can answer is forgotten.
pub(super) fn start(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let words: Start = args.take()?;
    let stopped = vcpu.tcb.get().filter(|thread| thread.state.get() == ThreadState::Inactive);
    let thread = stopped.ok_or(SyscallError::IllegalOperation)?;
    if let ReplyRegister::Debug(register, dirty) = words.register {
        // The one thing that can be refused comes first.
        args.kernel.cpu.arch.debug_write(vcpu, register, words.value, dirty).map_err(|error| match error {
            debug_shim::Error::NoSuchRegister => SyscallError::InvalidArgument(REPLY_REGISTER as u64),
            _ => SyscallError::IllegalOperation,
        })?;
    }
    let words = words.words();
    thread.continue_as(|index| words[index]);
    thread.fault_ip.set(thread.context.elr.get());
    args.kernel.restart(thread);
    Ok(0)
}
