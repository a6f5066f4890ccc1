// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VMM's own lines about its VM. They share the console with what the guest prints, and are no part of it: each is a
//! line of its own, with a prefix.

use crate::console::{Console, Serial};
use crate::state::{Content, Section};
use core::fmt::{self, Write};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Start of a line.
const PREFIX: &str = "VMM|INFO: ";
/// So many warnings, then only each second, fourth, eighth ...
const UNLIMITED: u32 = 16;
const _: () = assert!(UNLIMITED.is_power_of_two());

/// Whether the line of that number is written, from 1 on, of lines that a guest can provoke.
pub const fn is_told(count: u32) -> bool {
    count <= UNLIMITED || count.is_power_of_two()
}

/// How often the guest provoked a warning, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Warnings {
    count: u32,
    reserved: u32,
}

impl Content for Warnings {
    const NAME: &'static str = "log";

    fn new() -> Self {
        Self { count: 0, reserved: 0 }
    }
}

/// The log.
pub struct Log<'a> {
    warnings: Section<'a, Warnings>,
    /// Every warning is a line, however many there are.
    log_all: bool,
}

impl<'a> Log<'a> {
    /// On this state; with every warning, or only as many as do not flood the console.
    pub const fn new(warnings: Section<'a, Warnings>, log_all: bool) -> Self {
        Self { warnings, log_all }
    }

    /// A line.
    pub fn info(&mut self, console: &mut Console<'_, impl Serial>, line: fmt::Arguments<'_>) {
        console.begin_line();
        let _ = writeln!(console, "{PREFIX}{line}");
    }

    /// A line that the guest can provoke. None goes unmentioned: the next line that is written, or the end of the guest,
    /// has the number of those that were not.
    pub fn warn_rate_limited(&mut self, console: &mut Console<'_, impl Serial>, line: fmt::Arguments<'_>) {
        let before = self.suppressed();
        let count = self.warnings.count.saturating_add(1);
        self.warnings.change().count = count;
        if self.log_all || count <= UNLIMITED {
            self.info(console, line);
        } else if count.is_power_of_two() {
            self.info(console, format_args!("{line} ({before} lines like it before were not told)"));
        }
    }

    /// Warnings since the last that was written.
    pub fn suppressed(&self) -> u32 {
        let count = self.warnings.count;
        if self.log_all || count <= UNLIMITED { 0 } else { count - (1 << count.ilog2()) }
    }

    /// Due before each commit.
    #[inline]
    pub fn update_checksum(&mut self) {
        self.warnings.update_checksum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::pl011::Output as _;
    use crate::fake::FakeSerial;
    use crate::state::{Journal, Sections as _, Stored};

    fn with_log(log_all: bool, test: impl FnOnce(&mut Log<'_>, &mut Console<'_, FakeSerial>)) {
        let (mut warnings, mut lines, journal) = (Stored::new(), Stored::new(), Journal::new());
        let mut console = Console::new(FakeSerial::default(), Section::new(&mut lines, &journal));
        test(&mut Log::new(Section::new(&mut warnings, &journal), log_all), &mut console);
    }

    #[test]
    fn lines_stand_apart_from_the_guests() {
        with_log(false, |log, console| {
            log.info(console, format_args!("one"));
            b"login: ".iter().for_each(|&byte| console.put(byte));
            log.info(console, format_args!("two {}", 2));
            assert_eq!(console.serial().output(), "");
            console.publish();
            assert_eq!(console.serial().output(), "VMM|INFO: one\nlogin: \nVMM|INFO: two 2\n");
        });
    }

    #[test]
    fn warnings_get_rare() {
        with_log(false, |log, console| {
            (0..1000).for_each(|n| log.warn_rate_limited(console, format_args!("{n}")));
            console.publish();
            let output = console.serial().output();
            assert_eq!(output.lines().count(), 16 + 5);
            assert!(output.contains("\nVMM|INFO: 31 (15 lines like it before were not told)\n"));
            assert!(output.ends_with("\nVMM|INFO: 511 (255 lines like it before were not told)\n"));
            assert_eq!(log.suppressed(), 1000 - 512);
        });
    }

    #[test]
    fn every_warning_is_a_line_if_somebody_wants_them() {
        with_log(true, |log, console| {
            (0..100).for_each(|n| log.warn_rate_limited(console, format_args!("{n}")));
            console.publish();
            assert_eq!(console.serial().output().lines().count(), 100);
            assert_eq!(log.suppressed(), 0);
        });
    }
}
