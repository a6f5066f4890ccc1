// SPDX-License-Identifier: MIT OR Apache-2.0
//! A way to QEMU past the hypervisor, and two instructions for it to look for.
//!
//! Without `-semihosting-config` each call is an undefined instruction, which the guest skips.

use core::arch::{asm, global_asm};
use core::fmt;

const WRITE_TEXT: u64 = 0x04;
const READ_BYTE: u64 = 0x07;
/// The longest line, with its end.
const LINE: usize = 128;

global_asm!(
    r#"
    .text
trace_begin:
    ret
trace_end:
    ret
"#
);

unsafe extern "C" {
    safe fn trace_begin();
    safe fn trace_end();
}

/// A line for QEMU, then nothing until QEMU has a byte for the guest.
pub fn tell(text: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; LINE], used: 0 };
    let _ = fmt::Write::write_fmt(&mut line, text);
    call(WRITE_TEXT, line.bytes.as_ptr() as u64);
    call(READ_BYTE, 0);
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

fn call(operation: u64, argument: u64) {
    // SAFETY: semihosting changes x0; it reads the line, which lives until it is done.
    unsafe { asm!("hlt #0xf000", inout("x0") operation => _, in("x1") argument, options(nostack)) };
}

/// The first mark.
pub fn begin() {
    trace_begin();
}

/// The second mark.
pub fn end() {
    trace_end();
}

/// The first mark's address.
pub fn begin_address() -> u64 {
    trace_begin as extern "C" fn() as usize as u64
}

/// The second mark's address.
pub fn end_address() -> u64 {
    trace_end as extern "C" fn() as usize as u64
}
