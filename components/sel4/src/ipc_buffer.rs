// SPDX-License-Identifier: MIT OR Apache-2.0
//! The IPC buffer.

use zerocopy::{FromZeros, IntoBytes};

use crate::{AbsoluteCPtr, Word, cap, sys};

/// Corresponds to `seL4_IPCBuffer`.
#[repr(transparent)]
#[derive(Debug, Clone)]
pub struct IpcBuffer(sys::ipc_buffer::IpcBuffer);

impl Default for IpcBuffer {
    fn default() -> Self {
        Self(sys::ipc_buffer::IpcBuffer::new_zeroed())
    }
}

impl IpcBuffer {
    /// The layout that the kernel sees.
    pub const fn inner(&self) -> &sys::ipc_buffer::IpcBuffer {
        &self.0
    }

    /// The layout that the kernel sees.
    pub const fn inner_mut(&mut self) -> &mut sys::ipc_buffer::IpcBuffer {
        &mut self.0
    }

    /// The message registers.
    pub fn msg_regs(&self) -> &[Word] {
        &self.0.msg
    }

    /// The message registers.
    pub fn msg_regs_mut(&mut self) -> &mut [Word] {
        &mut self.0.msg
    }

    /// The message registers as bytes.
    pub fn msg_bytes(&self) -> &[u8] {
        self.0.msg.as_bytes()
    }

    /// The message registers as bytes.
    pub fn msg_bytes_mut(&mut self) -> &mut [u8] {
        self.0.msg.as_mut_bytes()
    }

    /// The word that the kernel leaves alone.
    pub fn user_data(&self) -> Word {
        self.0.user_data
    }

    /// Sets the word that the kernel leaves alone.
    pub fn set_user_data(&mut self, data: Word) {
        self.0.user_data = data;
    }

    /// Capabilities to send, or badges received.
    pub fn caps_or_badges(&self) -> &[Word] {
        &self.0.caps_or_badges
    }

    /// Capabilities to send, or badges received.
    pub fn caps_or_badges_mut(&mut self) -> &mut [Word] {
        &mut self.0.caps_or_badges
    }

    /// Where a received capability goes.
    pub fn recv_slot(&self) -> AbsoluteCPtr {
        cap::CNode::from_bits(self.0.receive_cnode)
            .absolute_cptr_from_bits_with_depth(self.0.receive_index, self.0.receive_depth as usize)
    }

    /// Sets where a received capability goes.
    pub fn set_recv_slot(&mut self, slot: &AbsoluteCPtr) {
        self.0.receive_cnode = slot.root().bits();
        self.0.receive_index = slot.path().bits();
        self.0.receive_depth = slot.path().depth() as Word;
    }

    /// Copies the message registers that travelled in processor registers.
    pub(crate) fn put_fast(&mut self, mr: [Word; sys::ipc_buffer::NUM_FAST_MESSAGE_REGISTERS]) {
        self.0.msg[..mr.len()].copy_from_slice(&mr);
    }

    /// The message registers that travel in processor registers.
    pub(crate) fn fast(&self) -> [Word; sys::ipc_buffer::NUM_FAST_MESSAGE_REGISTERS] {
        [self.0.msg[0], self.0.msg[1], self.0.msg[2], self.0.msg[3]]
    }
}
