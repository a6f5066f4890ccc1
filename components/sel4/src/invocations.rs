// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations: a Call whose label names an operation on the object.

mod cnode;
mod irq;
mod memory;
mod sched;
mod tcb;
mod vcpu;

pub use sched::Time;
pub use tcb::TcbFlagsBuilder;

use crate::{
    CPtr, CPtrBits, Cap, CapType, Error, InvocationContext, IpcBuffer, MessageInfo, Result, Word,
    sys::{invocation::Invocation, ipc_buffer::NUM_FAST_MESSAGE_REGISTERS, syscall::Syscall},
    syscalls::{Registers, enter},
};

/// Sends `words` and `caps` with a label; the answer's words are in the buffer's message registers afterwards.
pub(crate) fn invoke_label(
    cptr: CPtr,
    ipc_buffer: &mut IpcBuffer,
    label: Word,
    words: &[Word],
    caps: &[CPtrBits],
) -> Result<()> {
    let mut mr = [0; NUM_FAST_MESSAGE_REGISTERS];
    for (index, word) in words.iter().enumerate() {
        match mr.get_mut(index) {
            Some(register) => *register = *word,
            None => ipc_buffer.msg_regs_mut()[index] = *word,
        }
    }
    ipc_buffer.caps_or_badges_mut()[..caps.len()].copy_from_slice(caps);
    let info = MessageInfo::new(label, 0, caps.len(), words.len());
    let out = enter(Syscall::Call, Registers { x0: cptr.bits(), x1: info.into_word(), mr, ..Default::default() });
    ipc_buffer.put_fast(out.mr);
    match Error::from_label(MessageInfo::from_word(out.x1).label()) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    /// An invocation by label, for extensions: the answer's first word is returned.
    pub fn invoke_raw(self, label: Word, words: &[Word], caps: &[CPtrBits]) -> Result<Word> {
        self.invoke_with(label, words, caps, |ipc_buffer| ipc_buffer.msg_regs()[0])
    }

    /// An invocation by label, for extensions: `read` takes what it wants from the answer.
    pub fn invoke_with<R>(
        self,
        label: Word,
        words: &[Word],
        caps: &[CPtrBits],
        read: impl FnOnce(&IpcBuffer) -> R,
    ) -> Result<R> {
        self.invoke(|cptr, ipc_buffer| {
            invoke_label(cptr, ipc_buffer, label, words, caps)?;
            Ok(read(ipc_buffer))
        })
    }

    pub(crate) fn run(self, invocation: Invocation, words: &[Word], caps: &[CPtrBits]) -> Result<()> {
        self.invoke(|cptr, ipc_buffer| invoke_label(cptr, ipc_buffer, invocation.label(), words, caps))
    }
}

#[cfg(test)]
mod tests;
