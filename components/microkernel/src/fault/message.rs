// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of fault messages, and of the replies to them.

use super::Fault;
use crate::arch::DebugBank;
use crate::arch::{sanitise_spsr, us_from_ticks};
use crate::config::{FAULT_CONTEXT, VCPU_STOP, has};
use crate::kernel::Kernel;
use crate::object::ipc_buffer::Buffer;
use crate::object::reference::Ref;
use crate::object::tcb::{Context, Tcb};
use arm_syndrome::iss::named_register;
use lazaret_abi::fault_context::ReplyKind;
use lazaret_abi::{Switch, fault_context};
use sel4_abi::fault::{FaultLabel, cap_fault, timeout, unknown_syscall, user_exception, vm_fault};
use sel4_abi::ipc_buffer::NUM_FAST_MESSAGE_REGISTERS;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::user_context::{ContextRegister, ORDER};

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
    /// Puts the words of a fault in a receiver's message.
    #[inline(always)]
    pub(crate) fn put_fault(&self, fault: Fault, sender: Ref<Tcb>, receiver: Ref<Tcb>) -> MessageInfo {
        let x = &receiver.context.x;
        let has_context = FAULT_CONTEXT && sender.vcpu.get().is_some();
        let length = match fault {
            Fault::VgicMaintenance(word) | Fault::VppiEvent(word) => {
                x[2].set(word);
                if has_context {
                    x[2 + fault_context::EVENT_NUMBER].set(sender.fault_number.get().into());
                    fault_context::EVENT_LENGTH
                } else {
                    1
                }
            }
            Fault::VcpuFault { hsr } if has_context => {
                return put_trap(&receiver.context, &FaultContext::of(&sender), hsr);
            }
            Fault::VcpuFault { hsr } => {
                x[2].set(hsr);
                1
            }
            Fault::VmFault { addr, esr, .. } if has_context => {
                return put_abort(&receiver.context, &FaultContext::of(&sender), esr, addr);
            }
            Fault::VmFault { addr, prefetch, esr } => {
                x[2].set(sender.fault_ip.get());
                x[3].set(addr);
                x[4].set(prefetch as u64);
                x[5].set(esr);
                vm_fault::LENGTH
            }
            other => self.put_long_fault(other, sender, receiver),
        };
        MessageInfo::new(fault.label(), 0, 0, length as u64)
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
                message.put(timeout::CONSUMED, us_from_ticks(&self.cpu.arch, sc.consumed.replace(0)));
                timeout::LENGTH
            }
            _ => 0,
        }
    }

    /// Takes the reply to a fault: writes registers back, and says what becomes of the thread.
    pub(crate) fn take_fault_reply(&self, fault: Fault, sender: Ref<Tcb>, receiver: Ref<Tcb>) -> ReplyKind {
        let info = MessageInfo(sender.context.x[1].get());
        let registers: &[ContextRegister] = match fault {
            Fault::UnknownSyscall(_) => &SYSCALL_WORDS,
            Fault::UserException { .. } => &EXCEPTION_WORDS,
            Fault::Timeout { .. } => &ORDER[..timeout::REPLY_LENGTH],
            Fault::VcpuFault { .. } | Fault::VmFault { .. } => {
                self.take_context(info, sender, receiver);
                return kind_of_reply(info, receiver);
            }
            Fault::VgicMaintenance(_) | Fault::VppiEvent(_) => return kind_of_reply(info, receiver),
            _ => return ReplyKind::Resume,
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
        if info.label() == 0 { ReplyKind::Resume } else { ReplyKind::Stop }
    }
}

/// What a reply's label says, whether it also injects an interrupt or not.
#[inline(always)]
fn reply_kind(info: MessageInfo) -> Option<ReplyKind> {
    match ReplyKind::from_label(info.label()) {
        None if has(Switch::ReplyInjection) => ReplyKind::from_label(fault_context::without_injection(info.label())),
        kind => kind,
    }
}

/// What a reply makes of a guest. Any other thread goes on, and so does everyone where the kernel knows no other reply.
fn kind_of_reply(info: MessageInfo, receiver: Ref<Tcb>) -> ReplyKind {
    if !VCPU_STOP || receiver.vcpu.get().is_none() {
        return ReplyKind::Resume;
    }
    reply_kind(info).unwrap_or(ReplyKind::Resume)
}

/// A guest's fault as its handler is told of it: its number, where the instruction is, and its registers.
pub(crate) struct FaultContext<'a> {
    pub(crate) number: u32,
    pub(crate) ip: u64,
    pub(crate) registers: &'a Context,
}

impl<'a> FaultContext<'a> {
    /// Of a guest that has faulted.
    fn of(guest: &'a Tcb) -> Self {
        Self { number: guest.fault_number.get(), ip: guest.fault_ip.get(), registers: &guest.context }
    }

    /// The words of a trapped instruction.
    #[inline(always)]
    fn trap(&self, esr: u64) -> [u64; fault_context::VCPU_LENGTH] {
        let spsr = self.registers.spsr.get() & fault_context::SPSR_MASK;
        let number = u64::from(self.number) << fault_context::NUMBER_SHIFT;
        [esr, self.ip, spsr | number, self.registers.named_register(esr)]
    }

    /// The words of a stage-2 abort.
    #[inline(always)]
    fn abort(&self, esr: u64, addr: u64) -> [u64; fault_context::ABORT_LENGTH] {
        let status = fault_context::abort_status(esr, self.registers.spsr.get());
        [status, self.ip, addr, self.registers.named_register(esr)]
    }
}

// The orders above.
const _: () = {
    use fault_context::*;
    assert!(VCPU_IP == 1 && VCPU_SPSR == 2 && VCPU_VALUE == 3 && VCPU_LENGTH == NUM_FAST_MESSAGE_REGISTERS);
    assert!(ABORT_STATUS == 0 && ABORT_IP == 1 && ABORT_ADDR == 2 && ABORT_VALUE == 3 && ABORT_LENGTH == VCPU_LENGTH);
};

/// Puts a trapped instruction and its context.
#[inline(always)]
pub(crate) fn put_trap(receiver: &Context, guest: &FaultContext<'_>, esr: u64) -> MessageInfo {
    put_words(receiver, guest.trap(esr));
    MessageInfo::new(FaultLabel::VcpuFault as u64, 0, 0, fault_context::VCPU_LENGTH as u64)
}

/// Puts a stage-2 abort and its context.
#[inline(always)]
pub(crate) fn put_abort(receiver: &Context, guest: &FaultContext<'_>, esr: u64, addr: u64) -> MessageInfo {
    put_words(receiver, guest.abort(esr, addr));
    MessageInfo::new(fault_context::abort_label(guest.number), 0, 0, fault_context::ABORT_LENGTH as u64)
}

#[inline(always)]
fn put_words(receiver: &Context, words: [u64; NUM_FAST_MESSAGE_REGISTERS]) {
    receiver.x[2..].iter().zip(words).for_each(|(x, word)| x.set(word));
}

/// A guest's fault as its handler got it: label, words, and how many.
pub(crate) fn event_message(fault: Fault, guest: Ref<Tcb>) -> (u64, [u64; NUM_FAST_MESSAGE_REGISTERS], usize) {
    let context = FaultContext::of(&guest);
    match fault {
        Fault::VgicMaintenance(word) | Fault::VppiEvent(word) => {
            (fault.label(), [word, context.number.into(), 0, 0], fault_context::EVENT_LENGTH)
        }
        Fault::VcpuFault { hsr } => (fault.label(), context.trap(hsr), fault_context::VCPU_LENGTH),
        Fault::VmFault { addr, esr, .. } => {
            (fault_context::abort_label(context.number), context.abort(esr, addr), fault_context::ABORT_LENGTH)
        }
        _ => (fault.label(), [0; NUM_FAST_MESSAGE_REGISTERS], 0),
    }
}

impl Context {
    /// The value of the register that a syndrome names.
    #[inline(always)]
    pub(crate) fn named_register(&self, esr: u64) -> u64 {
        self.x.get(named_register(esr)).map_or(0, |x| x.get())
    }
}

impl Tcb {
    /// Takes a handler's word on how a guest goes on, but for the debug register that it may write.
    #[inline(always)]
    pub(crate) fn continue_as(&self, word: impl Fn(usize) -> u64) {
        let context = &self.context;
        context.elr.set(word(fault_context::REPLY_IP));
        let spsr = word(fault_context::REPLY_SPSR);
        if spsr != context.spsr.get() {
            context.spsr.set(sanitise_spsr(spsr, self.vcpu.get()));
        }
        if let Some(x) = context.x.get(word(fault_context::REPLY_REGISTER) as usize) {
            x.set(word(fault_context::REPLY_VALUE));
        }
    }
}

impl Kernel {
    /// Takes a handler's word on how a guest goes on, if the reply has one.
    #[inline(always)]
    pub(crate) fn take_context(&self, info: MessageInfo, handler: Ref<Tcb>, guest: Ref<Tcb>) {
        let has_context = match reply_kind(info) {
            Some(ReplyKind::Resume) => FAULT_CONTEXT,
            Some(ReplyKind::Stop | ReplyKind::Wait) => VCPU_STOP,
            None => false,
        };
        if !has_context || info.length() != fault_context::REPLY_LENGTH || guest.vcpu.get().is_none() {
            return;
        }
        let word = |index: usize| handler.context.x[2 + index].get();
        guest.continue_as(word);
        guest.fault_ip.set(guest.context.elr.get());
        self.take_debug_write(guest, word(fault_context::REPLY_REGISTER), word(fault_context::REPLY_VALUE));
    }

    /// Writes the debug register that a reply names, if it names one.
    #[inline]
    pub(crate) fn take_debug_write(&self, guest: Ref<Tcb>, register: u64, value: u64) {
        if has(Switch::DebugRegisters)
            && let Some((register, dirty)) = fault_context::debug_written(register)
            && let Some(vcpu) = guest.vcpu.get()
        {
            // Refused: the handler named a register that this core has not. Its own guest has one write less.
            let _ = self.cpu.arch.debug_write(vcpu, register, value, dirty);
        }
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
