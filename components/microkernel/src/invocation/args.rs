// SPDX-License-Identifier: MIT OR Apache-2.0
//! The message of an invocation.

use crate::cap::{Cap, Slot};
use crate::config;
use crate::error::SyscallError;
use crate::kernel::Kernel;
use crate::object::ipc_buffer::Buffer;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use lazaret_abi::{Invocation, Object};
use sel4_abi::ipc_buffer::{MSG_MAX_EXTRA_CAPS, MSG_MAX_LENGTH, NUM_FAST_MESSAGE_REGISTERS};

/// The message of an invocation, and where its answer goes.
pub struct Args<'k> {
    /// The kernel.
    pub kernel: &'k Kernel,
    /// The invoking thread: the current one.
    pub caller: Ref<Tcb>,
    /// The slot of the invoked capability.
    pub slot: Ref<Slot>,
    /// Label.
    pub label: u64,
    pub(crate) length: usize,
    pub(crate) buffer: Option<Ref<Buffer>>,
    pub(crate) caps: [Option<Ref<Slot>>; MSG_MAX_EXTRA_CAPS],
    pub(crate) is_call: bool,
}

impl Args<'_> {
    /// Refuses a message with fewer words or capabilities.
    #[inline(always)]
    pub fn require(&self, words: usize, caps: usize) -> Result<(), SyscallError> {
        let enough = self.length >= words && (caps == 0 || self.caps[caps - 1].is_some());
        if enough { Ok(()) } else { Err(SyscallError::TruncatedMessage) }
    }

    /// The arguments of an invocation of the extension: all words and capabilities are there, each capability is to the
    /// kind of object that the table names, each word means something.
    #[inline(always)]
    pub fn take<T: Invocation>(&self) -> Result<T, SyscallError> {
        self.require(T::WORDS, T::CAPS)?;
        for (index, &object) in T::ROW.caps.iter().enumerate() {
            if object_of(&self.cap(index)?.cap()) != Some(object) {
                return Err(SyscallError::InvalidCapability(1 + index as u64));
            }
        }
        T::from_words(|index| self.word(index)).map_err(SyscallError::InvalidArgument)
    }

    /// Is the label an invocation of the extension, and built into this kernel? Of which kind of object, its caller knows.
    #[inline(always)]
    pub fn is_extension(&self) -> bool {
        lazaret_abi::row(self.label).is_some_and(|row| config::EXTENSIONS & row.switch.bit() != 0)
    }

    /// Words in the message.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Message register `index`; 0 beyond the message.
    #[inline(always)]
    pub fn word(&self, index: usize) -> u64 {
        if index < NUM_FAST_MESSAGE_REGISTERS {
            return self.caller.context.x[2 + index].get();
        }
        match self.buffer {
            Some(buffer) if index < MSG_MAX_LENGTH => buffer.msg[index].get(),
            _ => 0,
        }
    }

    /// The slot of extra capability `index`, from 0; `TruncatedMessage` if there is none.
    pub fn cap(&self, index: usize) -> Result<Ref<Slot>, SyscallError> {
        self.caps.get(index).copied().flatten().ok_or(SyscallError::TruncatedMessage)
    }

    /// Puts word `index` of the answer; true if it has a place to go. Nobody gets it unless this is a Call.
    ///
    /// The words replace the message's: read those first.
    #[inline]
    pub fn answer(&self, index: usize, value: u64) -> bool {
        self.is_call && set_message_register(self.caller, self.caller.buffer(true), index, value)
    }
}

/// The capability's kind of object, as the extension's table names it.
pub(crate) const fn object_of(cap: &Cap) -> Option<Object> {
    match cap {
        Cap::Vcpu(_) => Some(Object::Vcpu),
        Cap::VSpace { .. } => Some(Object::VSpace),
        Cap::PageTable { .. } => Some(Object::PageTable),
        Cap::Frame(_) => Some(Object::Frame),
        Cap::Notification { .. } => Some(Object::Notification),
        _ => None,
    }
}

/// Sets message register `index` of a thread; false if it has no place for it.
#[inline]
pub fn set_message_register(thread: Ref<Tcb>, buffer: Option<Ref<Buffer>>, index: usize, value: u64) -> bool {
    if index < NUM_FAST_MESSAGE_REGISTERS {
        thread.context.x[2 + index].set(value);
        return true;
    }
    match buffer {
        Some(buffer) if index < MSG_MAX_LENGTH => {
            buffer.msg[index].set(value);
            true
        }
        _ => false,
    }
}
