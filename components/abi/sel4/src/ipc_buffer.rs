// SPDX-License-Identifier: MIT OR Apache-2.0
//! The IPC buffer: message registers beyond the four that travel in registers, and capabilities.

use core::mem::{offset_of, size_of};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The longest message, in words.
pub const MSG_MAX_LENGTH: usize = 120;
/// The most capabilities in a message.
pub const MSG_MAX_EXTRA_CAPS: usize = 3;
/// Message registers that travel in x2..x5.
pub const NUM_FAST_MESSAGE_REGISTERS: usize = 4;
/// The buffer's size is 2 to this power, and so is its alignment.
pub const IPC_BUFFER_BITS: usize = 10;

/// Corresponds to `seL4_IPCBuffer`.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug)]
#[repr(C, align(1024))]
pub struct IpcBuffer {
    /// Message info of the last message.
    pub tag: u64,
    /// Message registers.
    pub msg: [u64; MSG_MAX_LENGTH],
    /// For the program's own use.
    pub user_data: u64,
    /// CPtrs to send, or badges of unwrapped capabilities received.
    pub caps_or_badges: [u64; MSG_MAX_EXTRA_CAPS],
    /// CSpace root to receive a capability in.
    pub receive_cnode: u64,
    /// Slot to receive a capability in.
    pub receive_index: u64,
    /// Depth of `receive_index`.
    pub receive_depth: u64,
}

const _: () = {
    assert!(size_of::<IpcBuffer>() == 1 << IPC_BUFFER_BITS);
    assert!(offset_of!(IpcBuffer, msg) == 8);
    assert!(offset_of!(IpcBuffer, user_data) == 968);
    assert!(offset_of!(IpcBuffer, caps_or_badges) == 976);
    assert!(offset_of!(IpcBuffer, receive_cnode) == 1000);
    assert!(offset_of!(IpcBuffer, receive_index) == 1008);
    assert!(offset_of!(IpcBuffer, receive_depth) == 1016);
};
