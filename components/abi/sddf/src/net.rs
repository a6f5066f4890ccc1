// SPDX-License-Identifier: MIT OR Apache-2.0
//! Networks (`include/sddf/network/queue.h`).
//!
//! A client and a server share two pairs of queues, one for each direction, and a region of data for each pair. A buffer is
//! always in exactly one queue: in the *free* one while it holds nothing, in the *active* one while it holds a frame. The
//! side that fills buffers takes them from the free queue and puts them into the active one; the other side takes them from
//! there and gives them back.
//!
//! So each side moves one index of each queue of a pair, and moves both in step. A side that was started again finds in
//! what it published how far it was, and makes the other index follow.

mod info;
mod queue;

pub use info::{InfoPage, Link};
pub use queue::Queue;

/// Bytes of a buffer.
pub const BUFFER_SIZE: u64 = 2048;

/// Entries of each queue here, and buffers of each direction. It is not written in the shared memory: both sides are built
/// for it.
pub const CAPACITY: u16 = 128;

/// Bytes of a data region: all buffers of a direction.
pub const DATA_SIZE: u64 = BUFFER_SIZE * CAPACITY as u64;

/// Bytes of the address of a network card.
pub const ADDRESS_LENGTH: usize = 6;
/// The longest frame: an Ethernet header with a VLAN's tag and 1500 bytes, without the checksum behind it.
pub const FRAME_LENGTH: u64 = 14 + 4 + 1500;
/// The shortest: two addresses and a type.
pub const HEADER_LENGTH: u64 = 14;

const _: () = assert!(FRAME_LENGTH <= BUFFER_SIZE && CAPACITY.is_power_of_two());

/// A buffer, and how much of it is a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Buffer {
    /// Where it is, in bytes from the start of the data region.
    pub offset: u64,
    /// Bytes of the frame; 0 in a free queue.
    pub length: u16,
}

impl Buffer {
    /// Whether all of it lies within a data region of so many bytes, and the frame within the buffer.
    pub const fn is_within(&self, size: u64) -> bool {
        let is_aligned = self.offset.is_multiple_of(BUFFER_SIZE);
        is_aligned && self.offset < size && size - self.offset >= BUFFER_SIZE && self.length as u64 <= BUFFER_SIZE
    }
}

#[cfg(test)]
mod tests;
