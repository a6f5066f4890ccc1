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

#[cfg(target_os = "none")]
fn write(line: &[u8; LINE]) {
    const WRITE_TEXT: u64 = 0x04;
    // SAFETY: semihosting reads the line, which ends with a zero, and changes x0.
    unsafe {
        core::arch::asm!("hlt #0xf000", inout("x0") WRITE_TEXT => _, in("x1") line.as_ptr(), options(nostack));
    }
}

#[cfg(not(target_os = "none"))]
fn write(_: &[u8; LINE]) {}
