// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is behind a network card: a switch's protection domain, by sDDF's layouts (`sddf-abi`).

use crate::device::virtio::cell::Cell;
use core::sync::atomic::AtomicU64;
use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY, DATA_SIZE, InfoPage, Link, Queue};

/// The buffers of a direction.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// Those that hold nothing.
    pub free: &'a Queue,
    /// Those that hold frames.
    pub active: &'a Queue,
    /// Their bytes.
    pub data: &'a [AtomicU64],
}

/// The memory that is shared with the switch, and the way to signal to it.
#[derive(Clone, Copy)]
pub struct Backend<'a> {
    /// What the VM is in the network.
    pub page: &'a InfoPage,
    /// Frames to the guest.
    pub receive: Pair<'a>,
    /// Frames from it.
    pub send: Pair<'a>,
    /// Tells the switch that there are frames.
    pub signal: fn(),
}

impl<'a> Pair<'a> {
    /// Whether the data region has all buffers.
    pub const fn has_room(&self) -> bool {
        self.data.len() as u64 * 8 >= DATA_SIZE
    }

    /// The free buffer at this index.
    pub fn free(&self, index: u16) -> Option<Buffer> {
        self.free.get(index)
    }

    /// A buffer's memory; none if it is not where one can be, or says that it holds more than it can.
    pub fn cell(&self, buffer: &Buffer) -> Option<Cell<'a>> {
        let is_within = buffer.is_within(self.data.len() as u64 * 8);
        is_within.then(|| Cell::new(self.data, buffer.offset, BUFFER_SIZE))
    }
}

impl<'a> Backend<'a> {
    /// The VM's place in the network, if there is one.
    pub fn link(&self) -> Option<Link> {
        self.page.get()
    }

    /// A buffer with a frame, at this index of the queue to the switch, which does not see it yet.
    pub fn put(&self, index: u16, buffer: &Buffer) {
        self.send.active.put(index, buffer);
    }

    /// The frame at this index of the queue to the guest.
    pub fn get(&self, index: u16) -> Option<Buffer> {
        self.receive.active.get(index)
    }

    /// The buffer that came at this index goes back, which the switch does not see yet.
    pub fn give_back(&self, index: u16, buffer: &Buffer) {
        self.receive.free.put(index.wrapping_add(CAPACITY), &Buffer { length: 0, ..*buffer });
    }

    /// The switch sees the frames before `sent`, and has the buffers back of those before `taken`. `may_lack_signal`: it may
    /// see these frames already and not know of them.
    pub fn publish(&self, sent: u16, taken: u16, may_lack_signal: bool) {
        self.receive.active.consume(taken);
        self.receive.free.publish(taken.wrapping_add(CAPACITY));
        #[cfg(test)]
        crate::fake::crash_point();
        let is_new = may_lack_signal || self.send.active.tail() != sent;
        self.send.free.consume(sent);
        self.send.active.publish(sent);
        #[cfg(test)]
        crate::fake::crash_point();
        if is_new && self.send.active.wants_signal() {
            (self.signal)();
        }
    }
}
