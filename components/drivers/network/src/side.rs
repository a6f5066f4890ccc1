// SPDX-License-Identifier: MIT OR Apache-2.0
//! The server's side of a pair of queues: it takes a buffer from one and puts it into the other.
//!
//! It moves the head of the one and the tail of the other in step, so one number says where both are. It is kept here,
//! because a client can write both. After a start it is the tail that was published last, and the head follows: a buffer
//! whose head had moved and whose tail had not is taken once more.

use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY};

use crate::frame::Frame;
use crate::shared::{Shared, Which};

/// Which way frames go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the client: free buffers are filled.
    Receive,
    /// From the client: active ones are emptied.
    Send,
}

impl Direction {
    /// The queue that the server takes from, and the one that it puts into.
    fn ends(self) -> (Which, Which) {
        match self {
            Self::Receive => (Which::Free, Which::Active),
            Self::Send => (Which::Active, Which::Free),
        }
    }

    /// How far the tail is ahead of the head: all buffers were in the free queue at first.
    fn lead(self) -> u16 {
        match self {
            Self::Receive => 0,
            Self::Send => CAPACITY,
        }
    }
}

/// A client's pair of queues.
#[derive(Debug)]
pub struct Side<S> {
    shared: S,
    direction: Direction,
    /// Of the queue that the server puts into.
    tail: u16,
    /// Something was put there, and the client does not know it yet.
    has_put: bool,
}

impl<S: Shared> Side<S> {
    /// Goes on where a server before it, if there was one, has ended; the first one puts all buffers into the free queue.
    pub fn new(shared: S, direction: Direction) -> Self {
        if !shared.is_filled() {
            fill(&shared);
        }
        let (from, to) = direction.ends();
        let tail = shared.tail(to);
        shared.consume(from, tail.wrapping_sub(direction.lead()));
        Self { shared, direction, tail, has_put: false }
    }

    /// The buffer that is to be taken next.
    pub fn next(&self) -> Option<Buffer> {
        let (from, _) = self.direction.ends();
        self.shared.get(from, self.head())
    }

    /// The frame in it, if it is one.
    pub fn read(&self, buffer: &Buffer) -> Option<Frame<'_>> {
        self.shared.read(buffer)
    }

    /// Takes this buffer, which is the next one, and puts it into the other queue with a frame of so many bytes. The order
    /// is what a start after a death depends on.
    pub fn pass(&mut self, buffer: &Buffer, length: u16) {
        let (from, to) = self.direction.ends();
        self.shared.put(to, self.tail, &Buffer { length, ..*buffer });
        self.shared.consume(from, self.head().wrapping_add(1));
        self.tail = self.tail.wrapping_add(1);
        self.shared.publish(to, self.tail);
        self.has_put = true;
    }

    /// Gives the client a frame. Where it has no buffer for it, the frame is lost, as it is on a wire. A buffer that does
    /// not lie in the data goes back with nothing in it, so that there is no end to what the client receives.
    pub fn deliver(&mut self, frame: &Frame<'_>) {
        let Some(buffer) = self.next() else { return };
        let is_written = self.shared.write(&buffer, frame);
        self.pass(&buffer, if is_written { frame.length() } else { 0 });
    }

    /// Whether the client has to be told of what was put there since the last call.
    pub fn take_signal(&mut self) -> bool {
        let (_, to) = self.direction.ends();
        core::mem::take(&mut self.has_put) && self.shared.wants_signal(to)
    }

    fn head(&self) -> u16 {
        self.tail.wrapping_sub(self.direction.lead())
    }
}

/// Puts all buffers into the free queue. The note comes last: until it is there nothing is taken, and all is done again.
fn fill(shared: &impl Shared) {
    for n in 0..CAPACITY {
        shared.put(Which::Free, n, &Buffer { offset: u64::from(n) * BUFFER_SIZE, length: 0 });
    }
    shared.publish(Which::Free, CAPACITY);
    shared.set_filled();
}
