// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of fault messages, and of the replies to them.

use super::Fault;
use crate::arch::{sanitise_spsr, us_from_ticks};
use crate::config::FAULT_CONTEXT;
use crate::kernel::Kernel;
use crate::object::ipc_buffer::Buffer;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use sel4_sys::extension::fault_context;
use sel4_sys::fault::{cap_fault, timeout, unknown_syscall, user_exception, vm_fault};
use sel4_sys::ipc_buffer::NUM_FAST_MESSAGE_REGISTERS;
use sel4_sys::message_info::MessageInfo;
use sel4_sys::user_context::{ContextRegister, ORDER};

/// Registers of a UnknownSyscall message.
const SYSCALL_WORDS: [ContextRegister; unknown_syscall::REPLY_LENGTH] = {
    use ContextRegister::{Pc, Sp, Spsr, X};
    // Word 10, the address after the instruction, is read-only: `None` in effect.
    [X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), Pc, Sp, Pc, Spsr]
};
/// Registers of a UserException message.
const EXCEPTION_WORDS: [ContextRegister; user_exception::REPLY_LENGTH] =
    [ContextRegister::Pc, ContextRegister::Sp, ContextRegister::Spsr];

impl Kernel {
    /// Puts the words of a fault in a receiver's message; their number.
    #[inline(always)]
    pub(crate) fn put_fault(&self, fault: Fault, sender: Ref<Tcb>, receiver: Ref<Tcb>) -> usize {
        let x = &receiver.context.x;
        match fault {
            Fault::VgicMaintenance(word) | Fault::VppiEvent(word) => {
                x[2].set(word);
                if !FAULT_CONTEXT || sender.vcpu.get().is_none() {
                    return 1;
                }
                x[2 + fault_context::EVENT_NUMBER].set(sender.fault_number.get().into());
                fault_context::EVENT_LENGTH
            }
            Fault::VcpuFault { hsr } => {
                x[2].set(hsr);
                if FAULT_CONTEXT && sender.vcpu.get().is_some() { put_vcpu_context(hsr, sender, receiver) } else { 1 }
            }
            Fault::VmFault { addr, prefetch, esr } => {
                x[2].set(sender.fault_ip.get());
                x[3].set(addr);
                x[4].set(prefetch as u64);
                x[5].set(esr);
                if FAULT_CONTEXT && sender.vcpu.get().is_some() { put_abort_context(esr, sender, receiver) } else { 4 }
            }
            other => self.put_long_fault(other, sender, receiver),
        }
    }

    fn put_long_fault(&self, fault: Fault, sender: Ref<Tcb>, receiver: Ref<Tcb>) -> usize {
        let message = Message { receiver, buffer: receiver.buffer(true) };
        match fault {
            Fault::CapFault { addr, in_receive, failure } => {
                let (words, count) = failure.words();
                message.put(cap_fault::IP, sender.fault_ip.get());
                message.put(cap_fault::ADDR, addr);
                message.put(cap_fault::IN_RECV_PHASE, in_receive as u64);
                for (offset, word) in words.iter().take(count).enumerate() {
                    message.put(cap_fault::LOOKUP_FAILURE_TYPE + offset, *word);
                }
                message.length(cap_fault::LOOKUP_FAILURE_TYPE + count)
            }
            Fault::UnknownSyscall(number) => {
                for (index, register) in SYSCALL_WORDS.iter().enumerate() {
                    message.put(index, sender.register(*register));
                }
                message.put(unknown_syscall::LR, sender.context.elr.get());
                message.put(unknown_syscall::SYSCALL, number);
                message.length(unknown_syscall::LENGTH)
            }
            Fault::UserException { number, code } => {
                for (index, register) in EXCEPTION_WORDS.iter().enumerate() {
                    message.put(index, sender.register(*register));
                }
                message.put(user_exception::NUMBER, number);
                message.put(user_exception::CODE, code);
                message.length(user_exception::LENGTH)
            }
            Fault::Timeout { badge } => {
                message.put(timeout::DATA, badge);
                let Some(sc) = sender.sched_context.get() else { return 1 };
                message.put(timeout::CONSUMED, us_from_ticks(&self.arch, sc.consumed.replace(0)));
                timeout::LENGTH
            }
            _ => 0,
        }
    }

    /// Takes the reply to a fault: writes registers back, and says whether the thread goes on.
    pub(crate) fn take_fault_reply(&self, fault: Fault, sender: Ref<Tcb>, receiver: Ref<Tcb>) -> bool {
        let info = MessageInfo(sender.context.x[1].get());
        let registers: &[ContextRegister] = match fault {
            Fault::UnknownSyscall(_) => &SYSCALL_WORDS,
            Fault::UserException { .. } => &EXCEPTION_WORDS,
            Fault::Timeout { .. } => &ORDER[..timeout::REPLY_LENGTH],
            Fault::VcpuFault { .. } | Fault::VmFault { .. } => {
                take_context(info, sender, receiver);
                return true;
            }
            _ => return true,
        };
        let buffer = sender.buffer(false);
        for (index, register) in registers.iter().enumerate().take(info.length()) {
            let value = match buffer {
                _ if index < NUM_FAST_MESSAGE_REGISTERS => sender.context.x[2 + index].get(),
                Some(buffer) => buffer.msg[index].get(),
                None => break,
            };
            let is_link = matches!(fault, Fault::UnknownSyscall(_)) && index == unknown_syscall::LR;
            if !is_link {
                receiver.set_register(*register, value);
            }
        }
        info.label() == 0
    }
}

/// Adds the guest's context to a VCPUFault; the number of words.
#[inline(always)]
fn put_vcpu_context(hsr: u64, guest: Ref<Tcb>, receiver: Ref<Tcb>) -> usize {
    let x = &receiver.context.x;
    x[2 + fault_context::VCPU_IP].set(guest.fault_ip.get());
    x[2 + fault_context::VCPU_SPSR].set(numbered_spsr(guest));
    x[2 + fault_context::VCPU_VALUE].set(named_register(hsr, guest));
    fault_context::VCPU_LENGTH
}

/// Adds the guest's context to a VMFault, in the buffer if there is one; the number of words.
#[inline(always)]
fn put_abort_context(esr: u64, guest: Ref<Tcb>, receiver: Ref<Tcb>) -> usize {
    let Some(buffer) = receiver.buffer(true) else { return vm_fault::LENGTH };
    buffer.msg[fault_context::VM_SPSR].set(numbered_spsr(guest));
    buffer.msg[fault_context::VM_VALUE].set(named_register(esr, guest));
    fault_context::VM_LENGTH
}

/// The words of a guest's fault, as its handler got them, and how many.
pub(crate) fn event_words(fault: Fault, guest: Ref<Tcb>) -> ([u64; fault_context::VM_LENGTH], usize) {
    let (ip, spsr) = (guest.fault_ip.get(), numbered_spsr(guest));
    match fault {
        Fault::VgicMaintenance(word) | Fault::VppiEvent(word) => {
            ([word, guest.fault_number.get().into(), 0, 0, 0, 0], fault_context::EVENT_LENGTH)
        }
        Fault::VcpuFault { hsr } => ([hsr, ip, spsr, named_register(hsr, guest), 0, 0], fault_context::VCPU_LENGTH),
        Fault::VmFault { addr, prefetch, esr } => {
            ([ip, addr, prefetch as u64, esr, spsr, named_register(esr, guest)], fault_context::VM_LENGTH)
        }
        _ => ([0; fault_context::VM_LENGTH], 0),
    }
}

/// SPSR_EL2 below the fault's number.
#[inline(always)]
fn numbered_spsr(guest: Ref<Tcb>) -> u64 {
    guest.context.spsr.get() & fault_context::SPSR_MASK
        | u64::from(guest.fault_number.get()) << fault_context::NUMBER_SHIFT
}

/// The value of the register that a syndrome names.
#[inline(always)]
fn named_register(esr: u64, guest: Ref<Tcb>) -> u64 {
    guest.context.x.get(fault_context::register(esr)).map_or(0, |x| x.get())
}

/// Takes a handler's word on how a guest goes on, if the reply has one.
#[inline(always)]
pub(crate) fn take_context(info: MessageInfo, handler: Ref<Tcb>, guest: Ref<Tcb>) {
    if !FAULT_CONTEXT
        || info.label() != fault_context::REPLY_LABEL
        || info.length() != fault_context::REPLY_LENGTH
        || guest.vcpu.get().is_none()
    {
        return;
    }
    let word = |index: usize| handler.context.x[2 + index].get();
    guest.fault_ip.set(word(fault_context::REPLY_IP));
    guest.context.spsr.set(sanitise_spsr(word(fault_context::REPLY_SPSR), guest.vcpu.get()));
    if let Some(x) = guest.context.x.get(word(fault_context::REPLY_REGISTER) as usize) {
        x.set(word(fault_context::REPLY_VALUE));
    }
}

/// A message under construction.
struct Message {
    receiver: Ref<Tcb>,
    buffer: Option<Ref<Buffer>>,
}

impl Message {
    fn put(&self, index: usize, value: u64) {
        crate::invocation::args::set_message_register(self.receiver, self.buffer, index, value);
    }

    /// Words that arrived: without a buffer those in registers.
    fn length(&self, words: usize) -> usize {
        if self.buffer.is_some() { words } else { words.min(NUM_FAST_MESSAGE_REGISTERS) }
    }
}
