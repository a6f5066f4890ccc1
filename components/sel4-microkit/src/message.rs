// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages of protected calls and faults.

/// A message's label.
pub type MessageLabel = sel4::Word;
/// A word of a message.
pub type MessageRegisterValue = sel4::Word;

/// Label and number of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageInfo {
    inner: sel4::MessageInfo,
}

impl MessageInfo {
    #[doc(hidden)]
    pub const fn from_inner(inner: sel4::MessageInfo) -> Self {
        Self { inner }
    }

    #[doc(hidden)]
    pub const fn inner(&self) -> &sel4::MessageInfo {
        &self.inner
    }

    #[doc(hidden)]
    pub const fn into_inner(self) -> sel4::MessageInfo {
        self.inner
    }

    /// A message of `count` words.
    pub const fn new(label: MessageLabel, count: usize) -> Self {
        Self::from_inner(sel4::MessageInfo::new(label, 0, 0, count))
    }

    /// The label.
    pub const fn label(&self) -> MessageLabel {
        self.inner.label()
    }

    /// Bits of a label.
    pub const fn label_width() -> usize {
        sel4::MessageInfo::label_width()
    }

    /// Words in the message.
    pub const fn count(&self) -> usize {
        self.inner.length()
    }

    /// The message as a fault. Panics when the label is no fault's.
    pub fn fault(&self) -> sel4::Fault {
        sel4::with_ipc_buffer(|ipc_buffer| sel4::Fault::new(ipc_buffer, &self.inner))
    }

    /// The message as a fault, when the label is one's.
    pub fn try_fault(&self) -> Option<sel4::Fault> {
        sel4::with_ipc_buffer(|ipc_buffer| sel4::Fault::try_new(ipc_buffer, &self.inner))
    }
}

impl Default for MessageInfo {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

/// Runs `f` with the words of the message.
pub fn with_msg_regs<T>(f: impl FnOnce(&[MessageRegisterValue]) -> T) -> T {
    sel4::with_ipc_buffer(|ipc_buffer| f(ipc_buffer.msg_regs()))
}

/// Runs `f` with the words of the message.
pub fn with_msg_regs_mut<T>(f: impl FnOnce(&mut [MessageRegisterValue]) -> T) -> T {
    sel4::with_ipc_buffer_mut(|ipc_buffer| f(ipc_buffer.msg_regs_mut()))
}

/// Runs `f` with the bytes of the message.
pub fn with_msg_bytes<T>(f: impl FnOnce(&[u8]) -> T) -> T {
    sel4::with_ipc_buffer(|ipc_buffer| f(ipc_buffer.msg_bytes()))
}

/// Runs `f` with the bytes of the message.
pub fn with_msg_bytes_mut<T>(f: impl FnOnce(&mut [u8]) -> T) -> T {
    sel4::with_ipc_buffer_mut(|ipc_buffer| f(ipc_buffer.msg_bytes_mut()))
}

/// Sets a word of the message.
pub fn set_mr(i: usize, value: MessageRegisterValue) {
    with_msg_regs_mut(|regs| regs[i] = value)
}

/// A word of the message.
pub fn get_mr(i: usize) -> MessageRegisterValue {
    with_msg_regs(|regs| regs[i])
}
