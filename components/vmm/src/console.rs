// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way to the serial driver: the guest's output, the VMM's own lines between it, and input.

use crate::device::pl011::Output;
use core::fmt::{self, Write};

/// Two byte rings and a doorbell.
pub trait Serial {
    /// Whether [`Self::put`] has room.
    fn has_room(&self) -> bool;
    /// Append a byte for the driver; without room it is lost.
    fn put(&mut self, byte: u8);
    /// Take a byte of input.
    fn get(&mut self) -> Option<u8>;
    /// Tell the driver that there is output.
    fn ring(&mut self);
}

/// Output held back without a doorbell: lines are short, and the ring holds twice as much.
const HOLD: u32 = 1024;
/// Start of a line of the VMM's own.
const PREFIX: &str = "VMM|INFO: ";
/// So many lines about the guest's mistakes, then only each second, fourth, eighth ...
const FREELY: u32 = 16;

/// Output by lines.
pub struct Console<S> {
    serial: S,
    in_line: bool,
    held: u32,
    wants_ring: bool,
    complaints: u32,
}

impl<S: Serial> Console<S> {
    /// At the start of a line.
    pub const fn new(serial: S) -> Self {
        Self { serial, in_line: false, held: 0, wants_ring: false, complaints: 0 }
    }

    /// A line of the VMM's own, apart from what the guest prints.
    pub fn log(&mut self, line: fmt::Arguments<'_>) {
        if self.in_line {
            self.put(b'\n');
        }
        let _ = writeln!(self, "{PREFIX}{line}");
        self.flush();
    }

    /// A line that the guest can provoke: rate-limited.
    pub fn complain(&mut self, line: fmt::Arguments<'_>) {
        self.complaints = self.complaints.saturating_add(1);
        if self.complaints <= FREELY || self.complaints.is_power_of_two() {
            self.log(line);
        }
    }

    /// Take a byte of input.
    pub fn get(&mut self) -> Option<u8> {
        self.serial.get()
    }

    /// At the end of an exit: ring if a line is complete or much is held back.
    #[inline]
    pub fn settle(&mut self) {
        if self.wants_ring {
            self.flush();
        }
    }

    /// Let everything out, a prompt without a newline for one.
    #[inline]
    pub fn flush(&mut self) {
        if self.held > 0 {
            self.held = 0;
            self.wants_ring = false;
            self.serial.ring();
        }
    }

    /// The driver.
    pub fn serial(&mut self) -> &mut S {
        &mut self.serial
    }
}

impl<S: Serial> Output for Console<S> {
    fn has_room(&self) -> bool {
        self.serial.has_room()
    }

    fn put(&mut self, byte: u8) {
        if !self.serial.has_room() {
            self.flush();
        }
        self.serial.put(byte);
        self.in_line = byte != b'\n' && (byte != b'\r' || self.in_line);
        self.held += 1;
        self.wants_ring |= byte == b'\n' || self.held >= HOLD || !self.serial.has_room();
    }
}

impl<S: Serial> Write for Console<S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.put(byte));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeSerial;

    #[test]
    fn log_lines_start_a_line() {
        let mut console = Console::new(FakeSerial::default());
        console.log(format_args!("one"));
        b"login: ".iter().for_each(|&byte| console.put(byte));
        console.log(format_args!("two {}", 2));
        assert_eq!(console.serial.output(), "VMM|INFO: one\nlogin: \nVMM|INFO: two 2\n");
    }

    #[test]
    fn rings_once_a_line_and_for_a_prompt_when_asked() {
        let mut console = Console::new(FakeSerial::default());
        for &byte in b"abc" {
            console.put(byte);
            console.settle();
        }
        assert_eq!(console.serial.rings, 0);
        console.flush();
        console.flush();
        assert_eq!(console.serial.rings, 1);
        console.put(b'\n');
        console.settle();
        assert_eq!(console.serial.rings, 2);
    }

    #[test]
    fn complaints_get_rare() {
        let mut console = Console::new(FakeSerial::default());
        (0..1000).for_each(|n| console.complain(format_args!("{n}")));
        assert_eq!(console.serial.output().lines().count(), 16 + 5);
    }
}
