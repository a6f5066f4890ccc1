// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's console, write-only: a PL011 that boot firmware may or may not have set up. Without `PRINTING` in the
//! configuration the kernel never touches it.

use crate::{board, config};
use core::fmt;

const DATA: u64 = 0x00;
const FLAGS: u64 = 0x18;
const LINE_CONTROL: u64 = 0x2c;
const CONTROL: u64 = 0x30;
const TRANSMIT_FULL: u32 = 1 << 5;

fn read(offset: u64) -> u32 {
    // SAFETY: the board's file says that a PL011 is here; it is mapped as a device, or the MMU is off.
    unsafe { ((board::UART_BASE + offset) as *const u32).read_volatile() }
}

fn write(offset: u64, value: u32) {
    // SAFETY: as for `read`; the registers written only concern transmission.
    unsafe { ((board::UART_BASE + offset) as *mut u32).write_volatile(value) }
}

/// Enables transmission, 8 bits, with FIFO; the speed stays what firmware chose.
pub fn init() {
    if !config::PRINTING {
        return;
    }
    write(LINE_CONTROL, (3 << 5) | (1 << 4));
    write(CONTROL, read(CONTROL) | (1 << 9) | (1 << 8) | 1);
}

/// Writes a byte, after waiting for room.
pub fn put(byte: u8) {
    if !config::PRINTING {
        return;
    }
    while read(FLAGS) & TRANSMIT_FULL != 0 {}
    write(DATA, u32::from(byte));
}

/// For `write!`.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                put(b'\r');
            }
            put(byte);
        }
        Ok(())
    }
}
