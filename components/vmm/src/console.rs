// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way to the serial driver: the guest's output, the VMM's own lines between it, and input.

use crate::device::pl011::Output;
use crate::state::Section;
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
}

/// Output held back without a doorbell: lines are short, and the ring holds twice as much.
const HOLD: u32 = 1024;
/// Start of a line of the VMM's own.
const PREFIX: &str = "VMM|INFO: ";
/// So many lines about the guest's mistakes, then only each second, fourth, eighth ...
const FREELY: u32 = 16;
const _: () = assert!(FREELY.is_power_of_two());

/// Where input and output are, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Lines {
    /// Bytes ever written and taken, modulo 2^32.
    written: u32,
    taken: u32,
    /// Bytes since the last doorbell.
    held: u32,
    complaints: u32,
    in_line: u32,
    wants_ring: u32,
}

impl Lines {
    /// At the start of a line.
    pub const fn new() -> Self {
        Self { written: 0, taken: 0, held: 0, complaints: 0, in_line: 0, wants_ring: 0 }
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

/// Output by lines.
pub struct Console<'a, S> {
    serial: S,
    lines: Section<'a, Lines>,
    /// What the driver has not been told.
    unpublished: bool,
    ring_due: bool,
    /// Every complaint is told.
    all: bool,
}

impl<'a, S: Serial> Console<'a, S> {
    /// On this state. Whatever a VMM before this one may have left unsaid is said at once.
    pub fn new(serial: S, lines: Section<'a, Lines>) -> Self {
        Self { serial, lines, unpublished: true, ring_due: false, all: false }
    }

    /// With every complaint, or only as many as do not flood it.
    pub fn telling_all(self, all: bool) -> Self {
        Self { all, ..self }
    }

    /// A line of the VMM's own, apart from what the guest prints.
    pub fn log(&mut self, line: fmt::Arguments<'_>) {
        if self.lines.in_line != 0 {
            self.put(b'\n');
        }
        let _ = writeln!(self, "{PREFIX}{line}");
        self.flush();
    }

    /// A line that the guest can provoke: rate-limited. None goes unmentioned: the next line that is told, or the end of
    /// the guest, has the number of those that were not.
    pub fn complain(&mut self, line: fmt::Arguments<'_>) {
        let before = self.untold();
        let complaints = self.lines.complaints.saturating_add(1);
        self.lines.change().complaints = complaints;
        if self.all || complaints <= FREELY {
            self.log(line);
        } else if complaints.is_power_of_two() {
            self.log(format_args!("{line} ({before} lines like it before were not told)"));
        }
    }

    /// Complaints since the last that was told.
    pub fn untold(&self) -> u32 {
        let complaints = self.lines.complaints;
        if self.all || complaints <= FREELY { 0 } else { complaints - (1 << complaints.ilog2()) }
    }

    /// Take a byte of input.
    pub fn get(&mut self) -> Option<u8> {
        let byte = self.serial.get(self.lines.taken)?;
        let lines = self.lines.change();
        lines.taken = lines.taken.wrapping_add(1);
        self.unpublished = true;
        Some(byte)
    }

    /// At the end of an exit: ring if a line is complete or much is held back.
    #[inline]
    pub fn settle(&mut self) {
        if self.lines.wants_ring != 0 {
            self.flush();
        }
    }

    /// Let everything out, a prompt without a newline for one.
    #[inline]
    pub fn flush(&mut self) {
        if self.lines.held > 0 {
            let lines = self.lines.change();
            (lines.held, lines.wants_ring) = (0, 0);
            self.ring_due = true;
        }
    }

    /// Due before each commit.
    #[inline]
    pub fn seal(&mut self) {
        self.lines.seal();
    }

    /// Due after each commit: the driver hears of it.
    #[inline]
    pub fn publish(&mut self) {
        if self.unpublished {
            self.unpublished = false;
            self.serial.publish(self.lines.written, self.lines.taken);
        }
        if self.ring_due {
            self.ring_due = false;
            self.serial.ring();
        }
    }

    /// As [`Self::publish`], for all that a VMM before this one has committed.
    pub fn publish_again(&mut self) {
        (self.unpublished, self.ring_due) = (true, true);
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
        lines.held = lines.held.saturating_add(1);
        lines.in_line = u32::from(byte != b'\n' && (byte != b'\r' || lines.in_line != 0));
        let wants_ring = byte == b'\n' || lines.held >= HOLD || !self.serial.has_room(lines.written);
        lines.wants_ring |= u32::from(wants_ring);
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
    use crate::state::{Journal, Kept};

    fn with_console(test: impl FnOnce(&mut Console<'_, FakeSerial>)) {
        let (mut kept, journal) = (Kept::new(Lines::new()), Journal::new());
        test(&mut Console::new(FakeSerial::default(), Section::new(&mut kept, &journal)));
    }

    #[test]
    fn log_lines_start_a_line() {
        with_console(|console| {
            console.log(format_args!("one"));
            b"login: ".iter().for_each(|&byte| console.put(byte));
            console.log(format_args!("two {}", 2));
            assert_eq!(console.serial.output(), "");
            console.publish();
            assert_eq!(console.serial.output(), "VMM|INFO: one\nlogin: \nVMM|INFO: two 2\n");
        });
    }

    #[test]
    fn rings_once_a_line_and_for_a_prompt_when_asked() {
        with_console(|console| {
            for &byte in b"abc" {
                console.put(byte);
                console.settle();
                console.publish();
            }
            assert_eq!(console.serial.rings, 0);
            console.flush();
            console.flush();
            console.publish();
            assert_eq!(console.serial.rings, 1);
            console.put(b'\n');
            console.settle();
            console.publish();
            assert_eq!(console.serial.rings, 2);
        });
    }

    #[test]
    fn complaints_get_rare() {
        with_console(|console| {
            (0..1000).for_each(|n| console.complain(format_args!("{n}")));
            console.publish();
            assert_eq!(console.serial.output().lines().count(), 16 + 5);
            assert!(console.serial.output().contains("\nVMM|INFO: 31 (15 lines like it before were not told)\n"));
            assert!(console.serial.output().ends_with("\nVMM|INFO: 511 (255 lines like it before were not told)\n"));
            assert_eq!(console.untold(), 1000 - 512);
        });
    }

    #[test]
    fn all_complaints_are_told_if_somebody_wants_them() {
        with_console(|console| {
            console.all = true;
            (0..100).for_each(|n| console.complain(format_args!("{n}")));
            console.publish();
            assert_eq!(console.serial.output().lines().count(), 100);
            assert_eq!(console.untold(), 0);
        });
    }

    #[test]
    fn what_does_not_fit_is_lost_and_rings() {
        with_console(|console| {
            console.serial.full = true;
            console.put(b'x');
            console.settle();
            console.publish();
            assert_eq!((console.serial.output(), console.serial.rings), ("", 1));
        });
    }
}
