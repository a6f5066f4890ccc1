// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that a client shares for one direction, as the steps in which the server uses it: it may die between any two
//! of them.

use core::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};

use sddf_abi::net::{Buffer, InfoPage, Link, Queue};

use crate::frame::{BUFFER_WORDS, Frame};

/// One queue of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// That of buffers with nothing in them.
    Free,
    /// That of buffers with frames.
    Active,
}

/// A client's shared memory for one direction.
pub trait Shared {
    /// Whether the buffers were put into the free queue. The client cannot write this.
    fn is_filled(&self) -> bool;

    /// Notes that they were.
    fn set_filled(&self);

    /// How far the producer is.
    fn tail(&self, which: Which) -> u16;

    /// The buffer there, if there is one; its words are read once.
    fn get(&self, which: Which, head: u16) -> Option<Buffer>;

    /// Puts a buffer there; the client does not see it yet.
    fn put(&self, which: Which, tail: u16, buffer: &Buffer);

    /// The client may have the buffers before this index.
    fn publish(&self, which: Which, tail: u16);

    /// The buffers before this index are taken.
    fn consume(&self, which: Which, head: u16);

    /// Whether the client wants a signal for what was put there.
    fn wants_signal(&self, which: Which) -> bool;

    /// The frame in a buffer, if it is one.
    fn read(&self, buffer: &Buffer) -> Option<Frame<'_>>;

    /// Writes a frame into a buffer. False if that is none.
    fn write(&self, buffer: &Buffer, frame: &Frame<'_>) -> bool;
}

/// The pages themselves.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a> {
    /// Not 0 once the free queue was filled; the client can only read it.
    pub note: &'a AtomicU64,
    /// Buffers with nothing in them.
    pub free: &'a Queue,
    /// Buffers with frames.
    pub active: &'a Queue,
    /// What the buffers lie in. The server may have no right to write that of what a client sends, and does not.
    pub data: &'a [AtomicU64],
}

impl Pages<'_> {
    fn queue(&self, which: Which) -> &Queue {
        match which {
            Which::Free => self.free,
            Which::Active => self.active,
        }
    }

    /// The words of a buffer that lies within the data.
    pub fn words(&self, buffer: &Buffer) -> Option<&[AtomicU64]> {
        if !buffer.is_within(size_of_val(self.data) as u64) {
            return None;
        }
        let start = usize::try_from(buffer.offset).ok()? / size_of::<u64>();
        self.data.get(start..)?.get(..BUFFER_WORDS)
    }
}

impl Shared for Pages<'_> {
    fn is_filled(&self) -> bool {
        self.note.load(Acquire) != 0
    }

    fn set_filled(&self) {
        self.note.store(1, Release);
    }

    fn tail(&self, which: Which) -> u16 {
        self.queue(which).tail()
    }

    fn get(&self, which: Which, head: u16) -> Option<Buffer> {
        self.queue(which).get(head)
    }

    fn put(&self, which: Which, tail: u16, buffer: &Buffer) {
        self.queue(which).put(tail, buffer);
    }

    fn publish(&self, which: Which, tail: u16) {
        self.queue(which).publish(tail);
    }

    fn consume(&self, which: Which, head: u16) {
        self.queue(which).consume(head);
    }

    fn wants_signal(&self, which: Which) -> bool {
        self.queue(which).wants_signal()
    }

    fn read(&self, buffer: &Buffer) -> Option<Frame<'_>> {
        Frame::new(self.words(buffer)?, buffer.length)
    }

    fn write(&self, buffer: &Buffer, frame: &Frame<'_>) -> bool {
        let Some(words) = self.words(buffer) else { return false };
        frame.write(words);
        true
    }
}

/// Tells a client its place. That of a driver that was started again is the same, and so it is when the wire comes or goes:
/// the network never seems to be gone.
pub fn describe(info: &InfoPage, link: &Link) {
    match info.get() {
        Some(before) if before.address == link.address => info.set_up(link.is_up),
        _ => info.set(Some(link)),
    }
}
