// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations: messages sent through a capability, and how the kernel answers those meant for itself.

pub mod args;
mod cnode;
mod domain;
mod irq;
mod sched_context;
mod sched_control;
mod tcb;
mod tcb_config;
mod tcb_registers;
mod untyped;

pub use args::Args;

use crate::cap::{Cap, Slot};
use crate::cspace::lookup_slot;
use crate::error::SyscallError;
use crate::fault::Fault;
use crate::ipc::lookup_extra_caps;
use crate::kernel::Kernel;
use crate::object::endpoint::Sending;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use crate::object::{frame, page_table, vcpu, vspace};
use args::set_message_register;
use sel4_abi::ipc_buffer::NUM_FAST_MESSAGE_REGISTERS;
use sel4_abi::message_info::MessageInfo;

/// What an invocation answers: the number of words that it put with [`Args::answer`], or why not.
pub type InvocationResult = Result<usize, SyscallError>;

/// How a system call sends.
#[derive(Clone, Copy)]
pub(crate) struct How {
    /// Wants an answer.
    pub call: bool,
    /// Waits for a receiver, and faults on a capability pointer that leads nowhere.
    pub blocking: bool,
    /// A receiver without a scheduling context gets the sender's.
    pub donate: bool,
    /// First half of a send-and-receive.
    pub first_phase: bool,
}

/// Sends the message of the current thread through the capability at a pointer.
#[inline]
pub(crate) fn invoke(kernel: &Kernel, thread: Ref<Tcb>, pointer: u64, how: How) {
    let slot = match lookup_slot(thread, pointer) {
        Ok(slot) => slot,
        Err(failure) => {
            if how.blocking {
                kernel.fault(thread, Fault::CapFault { addr: pointer, in_receive: false, failure });
            }
            return;
        }
    };
    if let Some((object, badge, rights)) = slot.endpoint()
        && rights.write()
    {
        let (grant, grant_reply) = (rights.grant(), rights.grant_reply());
        let sending = Sending { blocking: how.blocking, call: how.call, badge, grant, grant_reply, donate: how.donate };
        kernel.send(object, sending, thread);
    } else if let Some((object, grant)) = slot.reply() {
        kernel.reply_to(thread, object, grant);
        answer_empty(thread, how);
    } else {
        invoke_other(kernel, thread, slot, how);
    }
}

#[inline(never)]
fn invoke_other(kernel: &Kernel, thread: Ref<Tcb>, slot: Ref<Slot>, how: How) {
    match slot.cap() {
        Cap::Notification { object, badge, rights } if rights.write() => {
            kernel.signal(object, badge);
            answer_empty(thread, how);
        }
        cap => invoke_object(kernel, thread, slot, cap, how),
    }
}

fn answer_empty(thread: Ref<Tcb>, how: How) {
    if how.call {
        thread.context.x[0].set(0);
        thread.context.x[1].set(0);
    }
}

/// Invokes an object that the kernel implements.
#[inline(never)]
fn invoke_object(kernel: &Kernel, thread: Ref<Tcb>, slot: Ref<Slot>, cap: Cap, how: How) {
    let info = MessageInfo(thread.context.x[1].get());
    let buffer = thread.buffer(false);
    let caps = match lookup_extra_caps(thread, buffer, info) {
        Ok(caps) => caps,
        Err(fault) => {
            if how.blocking {
                kernel.fault(thread, fault);
            }
            return;
        }
    };
    let length = if buffer.is_some() { info.length() } else { info.length().min(NUM_FAST_MESSAGE_REGISTERS) };
    let args = Args { kernel, caller: thread, slot, label: info.label(), length, buffer, caps, is_call: how.call };
    let result = if how.first_phase && !cap.in_first_phase() {
        Err(SyscallError::InvalidCapability(0))
    } else {
        dispatch(&args, cap)
    };
    match result {
        Err(SyscallError::Preempted) => kernel.set_state(thread, ThreadState::Restart),
        // A thread that stopped itself gets its answer as well, for when it is resumed.
        Ok(words) if how.call => {
            thread.context.x[0].set(0);
            thread.context.x[1].set(MessageInfo::new(0, 0, 0, words as u64).0);
        }
        Err(error) if how.call => answer_error(thread, error),
        _ => {}
    }
}

fn answer_error(thread: Ref<Tcb>, error: SyscallError) {
    let (words, count) = error.words();
    let buffer = thread.buffer(true);
    let mut length = 0;
    for (index, word) in words.iter().take(count).enumerate() {
        if set_message_register(thread, buffer, index, *word) {
            length = index + 1;
        }
    }
    thread.context.x[0].set(0);
    thread.context.x[1].set(MessageInfo::new(error.label(), 0, 0, length as u64).0);
}

impl Cap {
    /// Can be invoked in the first half of a send-and-receive.
    fn in_first_phase(&self) -> bool {
        !matches!(
            self,
            Self::Thread(_) | Self::CNode(_) | Self::Domain | Self::SchedControl | Self::SchedContext { .. }
        )
    }
}

fn dispatch(args: &Args, cap: Cap) -> InvocationResult {
    match cap {
        Cap::Null | Cap::Zombie(_) | Cap::Endpoint { .. } | Cap::Notification { .. } | Cap::Reply { .. } => {
            Err(SyscallError::InvalidCapability(0))
        }
        Cap::Untyped(untyped) => untyped::invoke(args, untyped),
        Cap::CNode(_) => cnode::invoke(args, &cap),
        Cap::Thread(thread) => tcb::invoke(args, thread),
        Cap::SchedContext { object, .. } => sched_context::invoke(args, object),
        Cap::SchedControl => sched_control::invoke(args),
        Cap::IrqControl => irq::invoke_control(args),
        Cap::IrqHandler(irq) => irq::invoke_handler(args, irq),
        Cap::Domain => domain::invoke(args),
        Cap::Frame(frame) => frame::invoke(args, frame),
        Cap::PageTable { object, mapping } => page_table::invoke(args, object, mapping),
        Cap::VSpace { object, asid } => vspace::invoke(args, object, asid),
        Cap::AsidControl => vspace::invoke_asid_control(args),
        Cap::AsidPool { object, base } => vspace::invoke_asid_pool(args, object, base),
        Cap::Vcpu(object) => vcpu::invoke(args, object),
    }
}
