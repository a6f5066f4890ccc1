// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages and signals.

use crate::{
    Cap, CapType, InvocationContext, IpcBuffer, MessageInfo, Word, cap,
    sys::{ipc_buffer::NUM_FAST_MESSAGE_REGISTERS, syscall::Syscall},
    syscalls::{Registers, enter},
};

/// What a receiver learns about the capability that was sent to. Corresponds to `seL4_Word`.
pub type Badge = Word;

fn transfer(number: Syscall, ipc_buffer: &mut IpcBuffer, registers: Registers) -> (MessageInfo, Badge) {
    let out = enter(number, registers);
    ipc_buffer.put_fast(out.mr);
    (MessageInfo::from_word(out.x1), out.x0)
}

fn send(ipc_buffer: &IpcBuffer, info: MessageInfo) -> Registers {
    Registers { x1: info.into_word(), mr: ipc_buffer.fast(), ..Default::default() }
}

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    /// Corresponds to `seL4_Send`.
    pub fn send(self, info: MessageInfo) {
        self.invoke(|cptr, ipc_buffer| {
            enter(Syscall::Send, Registers { x0: cptr.bits(), ..send(ipc_buffer, info) });
        })
    }

    /// Corresponds to `seL4_NBSend`.
    pub fn nb_send(self, info: MessageInfo) {
        self.invoke(|cptr, ipc_buffer| {
            enter(Syscall::NBSend, Registers { x0: cptr.bits(), ..send(ipc_buffer, info) });
        })
    }

    /// Corresponds to `seL4_NBSendRecv`: sends to `self`, receives from `src`.
    pub fn nb_send_recv<U: CapType>(self, info: MessageInfo, src: Cap<U>, reply: cap::Reply) -> (MessageInfo, Badge) {
        self.invoke(|cptr, ipc_buffer| {
            let registers = Registers { x0: src.bits(), x6: reply.bits(), x8: cptr.bits(), ..send(ipc_buffer, info) };
            transfer(Syscall::NBSendRecv, ipc_buffer, registers)
        })
    }

    /// Corresponds to `seL4_NBSendWait`: sends to `self`, waits for `src`.
    pub fn nb_send_wait<U: CapType>(self, info: MessageInfo, src: Cap<U>) -> (MessageInfo, Badge) {
        self.invoke(|cptr, ipc_buffer| {
            let registers = Registers { x0: src.bits(), x6: cptr.bits(), ..send(ipc_buffer, info) };
            transfer(Syscall::NBSendWait, ipc_buffer, registers)
        })
    }

    /// Corresponds to `seL4_Recv`.
    pub fn recv(self, reply: cap::Reply) -> (MessageInfo, Badge) {
        self.invoke(|cptr, ipc_buffer| {
            let registers = Registers { x0: cptr.bits(), x6: reply.bits(), ..Default::default() };
            transfer(Syscall::Recv, ipc_buffer, registers)
        })
    }

    /// Corresponds to `seL4_NBRecv`.
    pub fn nb_recv(self, reply: cap::Reply) -> (MessageInfo, Badge) {
        self.invoke(|cptr, ipc_buffer| {
            let registers = Registers { x0: cptr.bits(), x6: reply.bits(), ..Default::default() };
            transfer(Syscall::NBRecv, ipc_buffer, registers)
        })
    }

    /// Corresponds to `seL4_Call`.
    pub fn call(self, info: MessageInfo) -> MessageInfo {
        self.invoke(|cptr, ipc_buffer| {
            let registers = Registers { x0: cptr.bits(), ..send(ipc_buffer, info) };
            transfer(Syscall::Call, ipc_buffer, registers).0
        })
    }

    /// Corresponds to `seL4_ReplyRecv`.
    pub fn reply_recv(self, info: MessageInfo, reply: cap::Reply) -> (MessageInfo, Badge) {
        self.invoke(|cptr, ipc_buffer| {
            let registers = Registers { x0: cptr.bits(), x6: reply.bits(), ..send(ipc_buffer, info) };
            transfer(Syscall::ReplyRecv, ipc_buffer, registers)
        })
    }

    /// Send with the first words as given.
    pub fn send_with_mrs<M: FastMessages>(self, info: MessageInfo, messages: M) {
        self.invoke(|cptr, _| {
            let mr = messages.words();
            enter(Syscall::Send, Registers { x0: cptr.bits(), x1: info.into_word(), mr, ..Default::default() });
        })
    }

    /// Recv that returns the first words.
    pub fn recv_with_mrs(self, reply: cap::Reply) -> RecvWithMRs {
        self.invoke(|cptr, ipc_buffer| {
            let registers = Registers { x0: cptr.bits(), x6: reply.bits(), ..Default::default() };
            let (info, badge) = transfer(Syscall::Recv, ipc_buffer, registers);
            RecvWithMRs { info, badge, msg: ipc_buffer.fast() }
        })
    }

    /// Call with the first words as given, and returned; the buffer's keep what they had.
    #[inline]
    pub fn call_with_mrs<M: FastMessages>(self, info: MessageInfo, messages: M) -> CallWithMRs {
        let mr = messages.words();
        let out = enter(Syscall::Call, Registers { x0: self.bits(), x1: info.into_word(), mr, ..Default::default() });
        CallWithMRs { info: MessageInfo::from_word(out.x1), msg: out.mr }
    }

    /// Corresponds to `seL4_Wait`, without a reply object.
    pub fn wait_any(self) -> (MessageInfo, Badge) {
        self.invoke(|cptr, ipc_buffer| {
            transfer(Syscall::Wait, ipc_buffer, Registers { x0: cptr.bits(), ..Default::default() })
        })
    }
}

impl<C: InvocationContext> cap::Notification<C> {
    /// Corresponds to `seL4_Signal`.
    pub fn signal(self) {
        self.invoke(|cptr, _| {
            enter(Syscall::Send, Registers { x0: cptr.bits(), ..Default::default() });
        })
    }

    /// Corresponds to `seL4_Wait`.
    pub fn wait(self) -> (MessageInfo, Badge) {
        self.wait_any()
    }

    /// Corresponds to `seL4_Poll`; badge 0 when there was no signal.
    pub fn poll(self) -> (MessageInfo, Badge) {
        self.invoke(|cptr, ipc_buffer| {
            transfer(Syscall::NBWait, ipc_buffer, Registers { x0: cptr.bits(), ..Default::default() })
        })
    }
}

/// Corresponds to `seL4_Yield`.
pub fn r#yield() {
    enter(Syscall::Yield, Registers::default());
}

/// What [`Cap::recv_with_mrs`] brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecvWithMRs {
    /// Message info.
    pub info: MessageInfo,
    /// Badge.
    pub badge: Badge,
    /// The first words.
    pub msg: [Word; NUM_FAST_MESSAGE_REGISTERS],
}

/// What [`Cap::call_with_mrs`] brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallWithMRs {
    /// Message info.
    pub info: MessageInfo,
    /// The first words.
    pub msg: [Word; NUM_FAST_MESSAGE_REGISTERS],
}

/// Up to four words that travel in registers.
pub trait FastMessages {
    /// All four; those not given are 0.
    fn words(&self) -> [Word; NUM_FAST_MESSAGE_REGISTERS];
}

impl FastMessages for &[Word] {
    fn words(&self) -> [Word; NUM_FAST_MESSAGE_REGISTERS] {
        let mut words = [0; NUM_FAST_MESSAGE_REGISTERS];
        words[..self.len()].copy_from_slice(self);
        words
    }
}

impl<const N: usize> FastMessages for [Word; N] {
    fn words(&self) -> [Word; NUM_FAST_MESSAGE_REGISTERS] {
        const { assert!(N <= NUM_FAST_MESSAGE_REGISTERS) };
        self.as_slice().words()
    }
}
