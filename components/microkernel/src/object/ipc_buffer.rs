// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's view of a thread's IPC buffer: [`sel4_abi::ipc_buffer::IpcBuffer`] with cells.
//!
//! User level may write it at any time, so every word is read once and believed only after a check.

use core::cell::Cell;
use core::mem::{offset_of, size_of};
use sel4_abi::ipc_buffer::{IpcBuffer, MSG_MAX_EXTRA_CAPS, MSG_MAX_LENGTH};

/// An IPC buffer in a user's frame.
#[repr(C)]
pub struct Buffer {
    /// Message info; the kernel leaves it alone.
    pub tag: Cell<u64>,
    /// Message registers; the first four travel in registers.
    pub msg: [Cell<u64>; MSG_MAX_LENGTH],
    /// The program's own.
    pub user_data: Cell<u64>,
    /// CPtrs to send, or badges received.
    pub caps_or_badges: [Cell<u64>; MSG_MAX_EXTRA_CAPS],
    /// Root of the receive slot.
    pub receive_cnode: Cell<u64>,
    /// Index of the receive slot.
    pub receive_index: Cell<u64>,
    /// Depth of the receive slot.
    pub receive_depth: Cell<u64>,
}

const _: () = {
    assert!(size_of::<Buffer>() == size_of::<IpcBuffer>());
    assert!(offset_of!(Buffer, msg) == offset_of!(IpcBuffer, msg));
    assert!(offset_of!(Buffer, caps_or_badges) == offset_of!(IpcBuffer, caps_or_badges));
    assert!(offset_of!(Buffer, receive_cnode) == offset_of!(IpcBuffer, receive_cnode));
    assert!(offset_of!(Buffer, receive_depth) == offset_of!(IpcBuffer, receive_depth));
};
