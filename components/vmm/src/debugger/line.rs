// SPDX-License-Identifier: MIT OR Apache-2.0
//! The line to gdb: bytes of the remote serial protocol in both directions (gdb's manual, E.1).

use super::session::Session;
use crate::console::Serial;
use core::convert::Infallible;
use gdbstub::conn::Connection;

/// gdb's Ctrl-C, outside packets.
const BREAK: u8 = 0x03;
/// What begins a packet, and what ends it before the two digits of its checksum.
const START: u8 = b'$';
const END: u8 = b'#';
const CHECKSUM: u32 = 2;
/// The longest packet that is taken, with what is around it. Answers are at most as long, and what is around them: they have
/// to fit into a ring.
pub const LONGEST: usize = 2000;
const _: () = assert!(LONGEST + 16 <= serial::ring::CAPACITY);

/// What gdb has sent next, and how many bytes that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// An acknowledgement, or what is no message.
    Noise(u32),
    /// Ctrl-C.
    Break,
    /// A packet.
    Packet(u32),
}

/// The rings, if there are any.
pub struct Line<S> {
    serial: Option<S>,
    unpublished: bool,
}

impl<S: Serial> Line<S> {
    /// Nobody can come.
    pub const fn none() -> Self {
        Self { serial: None, unpublished: false }
    }

    /// On these rings.
    pub const fn new(serial: S) -> Self {
        Self { serial: Some(serial), unpublished: true }
    }

    /// The rings.
    #[cfg(test)]
    pub const fn serial(&mut self) -> Option<&mut S> {
        self.serial.as_mut()
    }

    /// A byte behind those that were taken.
    pub fn byte(&self, taken: u32, behind: u32) -> Option<u8> {
        self.serial.as_ref()?.get(taken.wrapping_add(behind))
    }

    /// What has come whole.
    pub fn next(&self, taken: u32) -> Option<Message> {
        match self.byte(taken, 0)? {
            START => self.packet(taken),
            BREAK => Some(Message::Break),
            _ => Some(Message::Noise(self.noise(taken))),
        }
    }

    /// All of it at once: each message is committed.
    fn noise(&self, taken: u32) -> u32 {
        let is_noise = |at: &u32| self.byte(taken, *at).is_some_and(|byte| byte != START && byte != BREAK);
        (0..LONGEST as u32).take_while(is_noise).count() as u32
    }

    /// One that is too long, or begins anew before its end, is none.
    fn packet(&self, taken: u32) -> Option<Message> {
        for at in 1..LONGEST as u32 {
            match self.byte(taken, at)? {
                START => return Some(Message::Noise(at)),
                END => {
                    self.byte(taken, at + CHECKSUM)?;
                    return Some(Message::Packet(at + CHECKSUM + 1));
                }
                _ => {}
            }
        }
        Some(Message::Noise(LONGEST as u32))
    }

    /// Where to write what the stub says.
    pub const fn writer<'w>(&'w mut self, written: &'w mut u32) -> Writer<'w, S> {
        Writer { line: self, written }
    }

    /// Due after each commit.
    #[inline(always)]
    pub fn publish(&mut self, session: &Session) {
        if self.unpublished {
            self.publish_again(session);
        }
    }

    /// The driver may have what was written, and the room of what was taken.
    #[inline(never)]
    pub fn publish_again(&mut self, session: &Session) {
        self.unpublished = false;
        if let Some(serial) = &mut self.serial {
            serial.publish(session.written, session.taken);
            serial.ring();
        }
    }

    /// Something was taken, which is to be published.
    pub const fn note_taken(&mut self) {
        self.unpublished = true;
    }
}

/// What the stub writes to. gdb asks for one thing at a time, and an answer is shorter than the ring: what has no room is
/// lost, and gdb asks again.
pub struct Writer<'w, S> {
    line: &'w mut Line<S>,
    written: &'w mut u32,
}

impl<S: Serial> Connection for Writer<'_, S> {
    type Error = Infallible;

    fn write(&mut self, byte: u8) -> Result<(), Infallible> {
        if let Some(serial) = &mut self.line.serial
            && serial.has_room(*self.written)
        {
            serial.put(*self.written, byte);
            *self.written = self.written.wrapping_add(1);
            self.line.unpublished = true;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeSerial;
    use std::vec::Vec;

    fn messages(bytes: &[u8]) -> Vec<Message> {
        let mut serial = FakeSerial::default();
        serial.input.extend_from_slice(bytes);
        let line = Line::new(serial);
        let (mut taken, mut all) = (0, Vec::new());
        while let Some(message) = line.next(taken) {
            taken += match message {
                Message::Noise(length) | Message::Packet(length) => length,
                Message::Break => 1,
            };
            all.push(message);
        }
        all
    }

    #[test]
    fn whole_packets_and_what_is_between() {
        assert_eq!(messages(b"+$g#67\x03$?#3"), [Message::Noise(1), Message::Packet(5), Message::Break]);
        assert_eq!(messages(b"+-+\x00\xff$g#67"), [Message::Noise(5), Message::Packet(5)]);
        assert_eq!(messages(b"$m12$g#67"), [Message::Noise(4), Message::Packet(5)]);
        let long = [b"$".as_slice(), &[b'x'; LONGEST], b"$g#67"].concat();
        assert_eq!(messages(&long)[0], Message::Noise(LONGEST as u32));
        assert_eq!(messages(&long).last(), Some(&Message::Packet(5)));
    }
}
