// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client that keeps to the rules.

use std::sync::atomic::Ordering::Relaxed;

use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY};

use super::model::Memory;
use super::wire::bytes;
use crate::frame::{BUFFER_WORDS, Frame};

/// It remembers how far it is, and what it got.
#[derive(Default)]
pub struct Honest {
    /// Frames that it has sent: the head of the free queue and the tail of the active one.
    sent: u16,
    /// Frames that it has taken: the head of the active queue.
    taken: u16,
    pub received: Vec<Vec<u8>>,
}

impl Honest {
    /// Sends a frame, if it has a buffer.
    pub fn send(&mut self, memory: &Memory, frame: &[u8]) -> bool {
        let Some(buffer) = memory.info.get().and_then(|_| memory.send.free.get(self.sent)) else { return false };
        assert!(buffer.is_within(memory.send.data.len() as u64 * 8) && buffer.length == 0);
        let mut padded = frame.to_vec();
        padded.resize(frame.len().next_multiple_of(8), 0xdd);
        let words = &memory.send.data[(buffer.offset / 8) as usize..][..BUFFER_WORDS];
        for (place, word) in words.iter().zip(padded.chunks(8)) {
            place.store(u64::from_ne_bytes(word.try_into().unwrap()), Relaxed);
        }
        memory.send.active.put(self.sent, &Buffer { length: frame.len() as u16, ..buffer });
        self.sent = self.sent.wrapping_add(1);
        memory.send.free.consume(self.sent);
        memory.send.active.publish(self.sent);
        true
    }

    /// Takes all that is there, and gives the buffers back.
    pub fn receive(&mut self, memory: &Memory) {
        while let Some(buffer) = memory.receive.active.get(self.taken) {
            assert_eq!(buffer.offset % BUFFER_SIZE, 0);
            let words = &memory.receive.data[(buffer.offset / 8) as usize..][..BUFFER_WORDS];
            self.received.push(bytes(&Frame::new(words, buffer.length).unwrap()));
            memory.receive.free.put(self.taken.wrapping_add(CAPACITY), &Buffer { length: 0, ..buffer });
            self.taken = self.taken.wrapping_add(1);
            memory.receive.active.consume(self.taken);
            memory.receive.free.publish(self.taken.wrapping_add(CAPACITY));
        }
    }
}
