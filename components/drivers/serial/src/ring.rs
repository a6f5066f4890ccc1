// SPDX-License-Identifier: MIT OR Apache-2.0
//! A ring of bytes in memory shared by one producer and one consumer who do not trust each other.
//!
//! Indices run freely; the position is the index modulo [`CAPACITY`]. Whatever the other side writes into its index,
//! this side stays inside the ring: a count beyond the capacity counts as a full ring.

use core::sync::atomic::{
    AtomicU8, AtomicU32,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

/// Bytes that a ring holds.
pub const CAPACITY: usize = 2048;
/// Bytes of a name.
pub const NAME_LENGTH: usize = 16;

/// The layout in the shared page. All zeros is an empty ring.
#[repr(C)]
#[derive(Debug)]
pub struct Ring {
    /// Bytes ever written, by the producer.
    head: AtomicU32,
    /// Bytes ever read, by the consumer.
    tail: AtomicU32,
    /// The client's name, in a `tx` ring.
    name: [AtomicU8; NAME_LENGTH],
    /// 1: the consumer looks by itself, by the consumer.
    watched: AtomicU32,
    /// 1: the producer waits for room, by the producer; 0 once it was told, by the consumer.
    awaited: AtomicU32,
    /// Keeps the data apart from the indices.
    reserved: [AtomicU8; 32],
    data: [AtomicU8; CAPACITY],
}

const _: () = {
    assert!(core::mem::offset_of!(Ring, data) == 64);
    assert!(size_of::<Ring>() <= 4096);
    assert!(CAPACITY.is_power_of_two());
};

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

impl Ring {
    /// An empty ring.
    pub const fn new() -> Self {
        Self {
            head: AtomicU32::new(0),
            tail: AtomicU32::new(0),
            name: [const { AtomicU8::new(0) }; NAME_LENGTH],
            watched: AtomicU32::new(0),
            awaited: AtomicU32::new(0),
            reserved: [const { AtomicU8::new(0) }; 32],
            data: [const { AtomicU8::new(0) }; CAPACITY],
        }
    }

    /// Signs the ring; what does not fit is cut.
    pub fn set_name(&self, name: &str) {
        let bytes = name.bytes().chain(core::iter::repeat(0));
        self.name.iter().zip(bytes).for_each(|(cell, byte)| cell.store(byte, Relaxed));
    }

    /// Its bytes, which may be any; zeros when there is none.
    pub fn name(&self) -> [u8; NAME_LENGTH] {
        self.name.each_ref().map(|cell| cell.load(Relaxed))
    }

    /// Bytes to read; never more than the capacity.
    pub fn len(&self) -> usize {
        let used = self.head.load(Acquire).wrapping_sub(self.tail.load(Acquire));
        (used as usize).min(CAPACITY)
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a byte can be written.
    pub fn has_room(&self) -> bool {
        self.has_room_at(self.head.load(Relaxed))
    }

    /// Whether a producer that has written up to `head`, published or not, can write a byte.
    pub fn has_room_at(&self, head: u32) -> bool {
        (head.wrapping_sub(self.tail.load(Acquire)) as usize) < CAPACITY
    }

    /// Puts a byte at an index, for a producer that publishes later; only where there is room.
    pub fn put_at(&self, head: u32, byte: u8) {
        self.cell(head).store(byte, Relaxed);
    }

    /// The producer has written up to here.
    pub fn publish(&self, head: u32) {
        self.head.store(head, Release);
    }

    /// Whether the consumer looks by itself, so that no signal need tell it of what was published before.
    pub fn is_watched(&self) -> bool {
        // Not before the index is written: either this side sees the other's word, or the other this side's index.
        fence(SeqCst);
        self.watched.load(Relaxed) != 0
    }

    /// The consumer looks by itself from now on, or has to be told again. In the latter case it looks once more after this.
    pub fn watch(&self, watched: bool) {
        self.watched.store(watched.into(), Relaxed);
        fence(SeqCst);
    }

    /// The producer waits for room: it looks once more after this, and is told otherwise.
    pub fn await_room(&self) {
        self.awaited.store(1, Relaxed);
        fence(SeqCst);
    }

    /// Whether the producer waits for room and there is plenty; it is told then, once.
    pub fn take_awaited(&self) -> bool {
        // Not before the index is written, as in `is_watched`.
        fence(SeqCst);
        self.awaited.load(Relaxed) != 0 && self.len() <= CAPACITY / 2 && self.awaited.swap(0, Relaxed) != 0
    }

    /// The byte at an index, for a consumer that says later how far it has read.
    pub fn peek(&self, tail: u32) -> Option<u8> {
        let used = self.head.load(Acquire).wrapping_sub(tail) as usize;
        (1..=CAPACITY).contains(&used).then(|| self.cell(tail).load(Relaxed))
    }

    /// The consumer has read up to here.
    pub fn consume(&self, tail: u32) {
        self.tail.store(tail, Release);
    }

    /// Writes a byte, for the producer. False when the ring is full.
    pub fn push(&self, byte: u8) -> bool {
        if !self.has_room() {
            return false;
        }
        let head = self.head.load(Relaxed);
        self.cell(head).store(byte, Relaxed);
        self.head.store(head.wrapping_add(1), Release);
        true
    }

    /// Reads a byte, for the consumer.
    pub fn pop(&self) -> Option<u8> {
        if self.is_empty() {
            return None;
        }
        let tail = self.tail.load(Relaxed);
        let byte = self.cell(tail).load(Relaxed);
        self.tail.store(tail.wrapping_add(1), Release);
        Some(byte)
    }

    /// The bytes that are there now, and no more, however fast the producer is.
    pub fn drain(&self) -> impl Iterator<Item = u8> + '_ {
        (0..self.len()).map_while(|_| self.pop())
    }

    /// How many of the bytes that are there now are in lines that have an end.
    pub fn complete(&self) -> usize {
        let tail = self.tail.load(Relaxed);
        let is_end = |n: &usize| self.cell(tail.wrapping_add(*n as u32)).load(Relaxed) == b'\n';
        (0..self.len()).rev().find(is_end).map_or(0, |n| n + 1)
    }

    fn cell(&self, index: u32) -> &AtomicU8 {
        &self.data[index as usize % CAPACITY]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::{CAPACITY, Ring};
    use core::sync::atomic::Ordering::Relaxed;

    #[derive(Clone, Debug)]
    enum Step {
        Push(u8),
        Pop,
        Drain,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![8 => any::<u8>().prop_map(Step::Push), 4 => Just(Step::Pop), 1 => Just(Step::Drain)]
    }

    proptest! {
        #[test]
        fn is_a_queue(start in any::<u32>(), steps in prop::collection::vec(step(), 0..800)) {
            let ring = Ring::new();
            ring.head.store(start, Relaxed);
            ring.tail.store(start, Relaxed);
            let mut model = VecDeque::new();
            for step in steps {
                match step {
                    Step::Push(byte) => {
                        prop_assert_eq!(ring.push(byte), model.len() < CAPACITY);
                        if model.len() < CAPACITY {
                            model.push_back(byte);
                        }
                    }
                    Step::Pop => prop_assert_eq!(ring.pop(), model.pop_front()),
                    Step::Drain => prop_assert!(ring.drain().eq(model.drain(..))),
                }
                let complete = model.iter().rposition(|byte| *byte == b'\n').map_or(0, |n| n + 1);
                prop_assert_eq!(ring.complete(), complete);
                prop_assert_eq!(ring.len(), model.len());
            }
        }

        #[test]
        fn hostile_indices_are_harmless(indices in prop::collection::vec((any::<u32>(), any::<u32>()), 0..8)) {
            let ring = Ring::new();
            for (head, tail) in indices {
                ring.head.store(head, Relaxed);
                ring.tail.store(tail, Relaxed);
                prop_assert!(ring.len() <= CAPACITY);
                prop_assert!(ring.drain().count() <= CAPACITY);
                ring.tail.store(tail, Relaxed);
                let pushed = (0..2 * CAPACITY).take_while(|_| ring.push(1)).count();
                prop_assert!(pushed <= CAPACITY);
            }
        }
    }

    #[test]
    fn who_waits_for_room_is_told_once_and_when_there_is_plenty() {
        let ring = Ring::new();
        while ring.push(b'x') {}
        assert!(!ring.take_awaited(), "nobody waits");
        ring.await_room();
        for _ in 0..CAPACITY / 2 {
            assert!(!ring.take_awaited());
            ring.pop();
        }
        assert_eq!([ring.take_awaited(), ring.take_awaited()], [true, false]);
    }

    #[test]
    fn names_are_cut() {
        let ring = Ring::new();
        assert_eq!(ring.name(), [0; 16]);
        ring.set_name("linux");
        assert_eq!(&ring.name()[..6], b"linux\0");
        ring.set_name("a-name-that-is-too-long");
        assert_eq!(&ring.name(), b"a-name-that-is-t");
    }

    #[test]
    fn a_full_ring_keeps_what_it_has() {
        let ring = Ring::new();
        assert_eq!((0..3000).filter(|n| ring.push(*n as u8)).count(), CAPACITY);
        assert_eq!(ring.pop(), Some(0));
        assert!(ring.push(7));
        assert!(!ring.push(8));
    }
}
