// SPDX-License-Identifier: MIT OR Apache-2.0
//! A queue of buffers: the free ones, or those with frames.

use super::{Buffer, CAPACITY};
use core::mem::offset_of;
use core::sync::atomic::{
    AtomicU16, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

/// `struct net_buff_desc`.
#[derive(Debug)]
#[repr(C)]
struct Slot {
    offset: AtomicU64,
    length: AtomicU16,
    /// Among whose buffers a virtualiser finds it; a client writes 0.
    owner: AtomicU16,
}

/// `struct net_queue`: who puts buffers in moves the tail, who takes them out the head.
#[derive(Debug)]
#[repr(C)]
pub struct Queue {
    tail: AtomicU16,
    head: AtomicU16,
    /// Not 0: who takes buffers out wants no signal now.
    consumer_signalled: AtomicU32,
    slots: [Slot; CAPACITY as usize],
}

const _: () = {
    assert!(size_of::<Slot>() == 16 && offset_of!(Slot, length) == 8 && offset_of!(Slot, owner) == 10);
    assert!(offset_of!(Queue, tail) == 0 && offset_of!(Queue, head) == 2);
    assert!(offset_of!(Queue, consumer_signalled) == 4 && offset_of!(Queue, slots) == 8);
    assert!(size_of::<Queue>() <= 0x1000);
};

const fn slot(index: u16) -> usize {
    (index % CAPACITY) as usize
}

impl Queue {
    /// An empty queue. All zeros is the same.
    pub const fn new() -> Self {
        #[allow(clippy::declare_interior_mutable_const, reason = "each use of it is a slot of its own")]
        const EMPTY: Slot = Slot { offset: AtomicU64::new(0), length: AtomicU16::new(0), owner: AtomicU16::new(0) };
        Self {
            tail: AtomicU16::new(0),
            head: AtomicU16::new(0),
            consumer_signalled: AtomicU32::new(0),
            slots: [const { EMPTY }; CAPACITY as usize],
        }
    }

    /// The producer's: a buffer at this index; the consumer does not see it yet.
    pub fn put(&self, tail: u16, buffer: &Buffer) {
        let Some(cell) = self.slots.get(slot(tail)) else { return };
        cell.offset.store(buffer.offset, Relaxed);
        cell.length.store(buffer.length, Relaxed);
        cell.owner.store(0, Relaxed);
    }

    /// The producer's: the consumer may have the buffers before this index. It may be done again.
    pub fn publish(&self, tail: u16) {
        self.tail.store(tail, Release);
    }

    /// Where the producer is: what it published last.
    pub fn tail(&self) -> u16 {
        self.tail.load(Acquire)
    }

    /// Where the consumer is.
    pub fn head(&self) -> u16 {
        self.head.load(Acquire)
    }

    /// The consumer's: the buffer at this index, if there is one; its words are read once. A tail that cannot be right is
    /// an empty queue.
    pub fn get(&self, head: u16) -> Option<Buffer> {
        let entries = self.tail.load(Acquire).wrapping_sub(head);
        if entries == 0 || entries > CAPACITY {
            return None;
        }
        let cell = self.slots.get(slot(head))?;
        Some(Buffer { offset: cell.offset.load(Relaxed), length: cell.length.load(Relaxed) })
    }

    /// The consumer's: the buffers before this index are taken. It may be done again.
    pub fn consume(&self, head: u16) {
        self.head.store(head, Release);
    }

    /// The consumer's: whether it wants a signal when something was put in. It looks once more after it has said so, for
    /// what came before.
    pub fn set_wants_signal(&self, wants: bool) {
        self.consumer_signalled.store((!wants).into(), Relaxed);
        // Before that look; with the fence below, one of the two sides sees what the other has written.
        fence(SeqCst);
    }

    /// The producer's: whether the consumer wants a signal for what was published.
    pub fn wants_signal(&self) -> bool {
        fence(SeqCst);
        self.consumer_signalled.load(Relaxed) == 0
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self::new()
    }
}
