// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VM's console: a serial line to the driver, by lines. The guest's UART writes to it and reads from it, and the
//! VMM's [`Log`](crate::log::Log) puts its own lines between the guest's.

use crate::device::pl011::Output;
use crate::state::{Content, Section};
use core::fmt::{self, Write};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Two byte rings and a doorbell. The VMM keeps the indices that are its own, and publishes them when an exit is
/// committed: so no byte is lost or doubled when the VMM is started again.
pub trait Serial {
    /// Whether there is room at this index of the output.
    fn has_room(&self, written: u32) -> bool;
    /// Put a byte there, which nobody sees yet; without room it is lost.
    fn put(&mut self, written: u32, byte: u8);
    /// The byte of input at this index, if it is there.
    fn get(&self, taken: u32) -> Option<u8>;
    /// The driver may have the output before `written`, and the room of the input before `taken`.
    fn publish(&mut self, written: u32, taken: u32);
    /// Tell the driver that there is output.
    fn ring(&mut self);
    /// Whether the driver looks for output by itself for now. It promises to do that until it has shown all that was
    /// published before, a line without an end as well.
    fn is_watched(&self) -> bool;
    /// The driver signals once there is room again. Whether there is some already.
    fn await_room(&mut self, written: u32) -> bool;
}

/// Which of the guest's devices input goes to: the one that it wrote to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Reader {
    /// The UART, at first.
    Uart = 0,
    /// The console by Virtio.
    Virtio = 1,
}

/// Where input and output are, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Lines {
    /// Bytes ever written and taken, modulo 2^32.
    written: u32,
    taken: u32,
    in_line: u32,
    /// A [`Reader`].
    reader: u32,
}

impl Content for Lines {
    const NAME: &'static str = "console";

    /// At the start of a line.
    fn new() -> Self {
        Self { written: 0, taken: 0, in_line: 0, reader: Reader::Uart as u32 }
    }
}

/// Output by lines.
pub struct Console<'a, S> {
    serial: S,
    lines: Section<'a, Lines>,
    /// What the driver has not been told.
    unpublished: bool,
    news: News,
}

/// What the driver hears of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    Nothing,
    /// There is more of a line, which it need not be told of if it looks by itself.
    More,
    /// A line is complete, or there is no room: it is told.
    Line,
}

impl<'a, S: Serial> Console<'a, S> {
    /// On this state. Whatever a VMM before this one may have left unpublished is published at once.
    pub fn new(serial: S, lines: Section<'a, Lines>) -> Self {
        Self { serial, lines, unpublished: true, news: News::Nothing }
    }

    /// What comes next begins a line, even if the guest is in the middle of one.
    pub fn begin_line(&mut self) {
        if self.lines.in_line != 0 {
            self.put(b'\n');
        }
    }

    /// Take a byte of input.
    pub fn get(&mut self) -> Option<u8> {
        let byte = self.serial.get(self.lines.taken)?;
        let lines = self.lines.change();
        lines.taken = lines.taken.wrapping_add(1);
        self.unpublished = true;
        Some(byte)
    }

    /// Whether there is input to take.
    pub fn has_input(&self) -> bool {
        self.serial.get(self.lines.taken).is_some()
    }

    /// Whom input is for.
    #[inline]
    pub fn reader(&self) -> Reader {
        if self.lines.reader == Reader::Virtio as u32 { Reader::Virtio } else { Reader::Uart }
    }

    /// This device is the one that the guest wrote to last. Whether it was not before.
    #[inline]
    pub fn set_reader(&mut self, reader: Reader) -> bool {
        let is_news = self.reader() != reader;
        if is_news {
            self.lines.change().reader = reader as u32;
        }
        is_news
    }

    /// The driver tells when there is room for output again. Whether there is some already.
    pub fn await_room(&mut self) -> bool {
        self.serial.await_room(self.lines.written)
    }

    /// Take all input, for nobody reads it.
    pub fn discard_input(&mut self) {
        while self.get().is_some() {}
    }

    /// Due before each commit.
    #[inline]
    pub fn update_checksum(&mut self) {
        self.lines.update_checksum();
    }

    /// Due after each commit: the driver hears of it.
    #[inline(always)]
    pub fn publish(&mut self) {
        if self.unpublished {
            self.publish_now();
        }
    }

    /// Out of line, for most exits have nothing to say.
    #[inline(never)]
    fn publish_now(&mut self) {
        self.unpublished = false;
        self.serial.publish(self.lines.written, self.lines.taken);
        let news = core::mem::replace(&mut self.news, News::Nothing);
        if news == News::Line || (news == News::More && !self.serial.is_watched()) {
            self.serial.ring();
        }
    }

    /// As [`Self::publish`], for all that a VMM before this one has committed.
    pub fn publish_again(&mut self) {
        (self.unpublished, self.news) = (true, News::Line);
        self.publish();
    }

    /// The driver.
    pub fn serial(&mut self) -> &mut S {
        &mut self.serial
    }
}

impl<S: Serial> Output for Console<'_, S> {
    fn has_room(&self) -> bool {
        self.serial.has_room(self.lines.written)
    }

    fn put(&mut self, byte: u8) {
        let written = self.lines.written;
        self.serial.put(written, byte);
        let lines = self.lines.change();
        if self.serial.has_room(written) {
            lines.written = written.wrapping_add(1);
        }
        lines.in_line = u32::from(byte != b'\n' && (byte != b'\r' || lines.in_line != 0));
        let tells = byte == b'\n' || !self.serial.has_room(lines.written);
        self.news = self.news.max(if tells { News::Line } else { News::More });
        self.unpublished = true;
    }
}

impl<S: Serial> Write for Console<'_, S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.put(byte));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeSerial;
    use crate::state::{Journal, Sections, Stored};

    fn with_console(test: impl FnOnce(&mut Console<'_, FakeSerial>)) {
        let (mut stored, journal) = (Stored::new(), Journal::new());
        test(&mut Console::new(FakeSerial::default(), Section::new(&mut stored, &journal)));
    }

    #[test]
    fn a_driver_that_looks_by_itself_is_told_of_whole_lines_only() {
        with_console(|console| {
            for (byte, watched, rings) in
                [(b'a', false, 1), (b'b', true, 1), (b'c', true, 1), (b'\n', true, 2), (b'd', false, 3)]
            {
                console.serial.watched = watched;
                console.put(byte);
                assert!(console.serial.rings < 3, "not before it is published");
                console.publish();
                console.publish();
                assert_eq!(console.serial.rings, rings, "{}", byte as char);
            }
            assert_eq!(console.serial.output(), "abc\nd");
        });
    }

    #[test]
    fn input_that_is_taken_needs_no_ring() {
        with_console(|console| {
            console.serial.input.extend(b"x");
            assert_eq!(console.get(), Some(b'x'));
            console.publish();
            assert_eq!(console.serial.rings, 0);
        });
    }

    #[test]
    fn what_does_not_fit_is_lost_and_rings() {
        with_console(|console| {
            (console.serial.full, console.serial.watched) = (true, true);
            console.put(b'x');
            console.publish();
            assert_eq!((console.serial.output(), console.serial.rings), ("", 1));
        });
    }
}
