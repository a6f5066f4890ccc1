// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's console, write-only: a PL011 that boot firmware may or may not have set up. Without `PRINTING` in the
//! configuration the kernel never touches it, but for the board's own registers (which pins are the UART's).

use crate::debug::terminal_bytes;
use crate::{board, config};
use core::fmt;

const DATA: u64 = 0x00;
const FLAGS: u64 = 0x18;
const INTEGER_DIVISOR: u64 = 0x24;
const FRACTIONAL_DIVISOR: u64 = 0x28;
const LINE_CONTROL: u64 = 0x2c;
const CONTROL: u64 = 0x30;
const BUSY: u32 = 1 << 3;
const TRANSMIT_FULL: u32 = 1 << 5;
const BAUD_RATE: u64 = 115_200;
/// The clock over 16 times the baud rate, in 64ths, rounded.
const DIVISOR: u64 = (board::UART_CLOCK * 4 + BAUD_RATE / 2) / BAUD_RATE;
const _: () = assert!(DIVISOR >= 64 && DIVISOR < 1 << 22);
/// How often to look whether the last words of a loader have left: far longer than its FIFO takes.
const PATIENCE: u32 = 1 << 20;

fn read(offset: u64) -> u32 {
    // SAFETY: the board's file says that a PL011 is here; it is mapped as a device, or the MMU is off.
    unsafe { ((board::UART_BASE + offset) as *const u32).read_volatile() }
}

fn write(offset: u64, value: u32) {
    // SAFETY: as for `read`; the registers written only concern transmission.
    unsafe { ((board::UART_BASE + offset) as *mut u32).write_volatile(value) }
}

/// Sets the registers that the board's file lists, before anything else is touched. Runs with the MMU off.
pub fn set_board_registers() {
    for &[address, mask, value] in board::REGISTERS {
        let register = address as *mut u32;
        // SAFETY: the board's file says that a device's register is here, and that these bits are to have this value.
        unsafe { register.write_volatile(register.read_volatile() & !(mask as u32) | value as u32) };
    }
}

/// Enables transmission, 8 bits, with FIFO, at 115200 baud: the divisors must be written before the line control.
pub fn init() {
    if !config::PRINTING {
        return;
    }
    let _ = (0..PATIENCE).find(|_| read(FLAGS) & BUSY == 0);
    write(CONTROL, 0);
    write(INTEGER_DIVISOR, (DIVISOR / 64) as u32);
    write(FRACTIONAL_DIVISOR, (DIVISOR % 64) as u32);
    write(LINE_CONTROL, (3 << 5) | (1 << 4));
    write(CONTROL, (1 << 9) | (1 << 8) | 1);
}

/// Writes a byte, after waiting for room.
pub fn put(byte: u8) {
    if !config::PRINTING {
        return;
    }
    while read(FLAGS) & TRANSMIT_FULL != 0 {}
    write(DATA, u32::from(byte));
}

/// For `write!` where there may be no kernel: before it boots, and when it panics.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        terminal_bytes(text).for_each(put);
        Ok(())
    }
}
