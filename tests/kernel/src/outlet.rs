// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lines for whoever started QEMU, past the kernel: a release kernel prints nothing.
#![allow(unsafe_code)]

use core::fmt;

/// The longest line, with its end.
const LINE: usize = 160;

/// A line, for QEMU's `-semihosting-config enable=on,userspace=on`.
pub fn tell(text: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; LINE], used: 0 };
    let _ = fmt::Write::write_fmt(&mut line, text);
    write(&line.bytes);
}

/// Text that ends with a zero.
struct Line {
    bytes: [u8; LINE],
    used: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.used + text.len();
        // The last byte stays zero.
        let place = self.bytes[..LINE - 1].get_mut(self.used..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.used = end;
        Ok(())
    }
}

fn write(line: &[u8; LINE]) {
    const WRITE_TEXT: u64 = 0x04;
    call(WRITE_TEXT, line.as_ptr() as u64);
}

/// A line, then nothing until QEMU has a byte for this program.
pub fn tell_and_wait(text: fmt::Arguments<'_>) {
    const READ_BYTE: u64 = 0x07;
    tell(text);
    call(READ_BYTE, 0);
}

#[cfg(target_os = "none")]
fn call(operation: u64, argument: u64) {
    // SAFETY: semihosting changes x0; it reads the line, which lives until it is done and ends with a zero.
    unsafe { core::arch::asm!("hlt #0xf000", inout("x0") operation => _, in("x1") argument, options(nostack)) };
}

#[cfg(not(target_os = "none"))]
fn call(_: u64, _: u64) {}

/// A place for QEMU to look for.
#[inline(never)]
pub extern "C" fn begin() {
    core::hint::black_box(1u8);
}

/// Another.
#[inline(never)]
pub extern "C" fn end() {
    core::hint::black_box(2u8);
}
