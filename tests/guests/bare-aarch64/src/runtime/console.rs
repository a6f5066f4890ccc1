// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PL011, polled.

use core::fmt;

use super::platform;

/// Offsets of registers.
const DR: usize = 0x00;
const FR: usize = 0x18;
const CR: usize = 0x30;
const IMSC: usize = 0x38;
const ICR: usize = 0x44;
/// IMSC: transmit.
const TXIM: u32 = 1 << 5;
/// CR: the UART, its transmitter and its receiver.
const UARTEN: u32 = 1 << 0;
const TXE: u32 = 1 << 8;
const RXE: u32 = 1 << 9;
/// FR: receive FIFO empty.
const RXFE: u32 = 1 << 4;
/// FR: transmit FIFO full.
const TXFF: u32 = 1 << 5;

/// Where text goes.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while flags() & TXFF != 0 {}
            // SAFETY: a register of the UART.
            unsafe { register(DR).write_volatile(byte.into()) };
        }
        Ok(())
    }
}

/// The flag register: an access to a device.
pub fn flags() -> u32 {
    reader()()
}

/// Begins to receive.
pub fn listen() {
    // SAFETY: a register of the UART.
    unsafe { register(CR).write_volatile(UARTEN | TXE | RXE) };
}

/// Has anything been typed since the last call?
pub fn was_typed() -> bool {
    let mut typed = false;
    while flags() & RXFE == 0 {
        _ = take();
        typed = true;
    }
    typed
}

fn take() -> u8 {
    // SAFETY: a register of the UART, which gives a byte that has been received.
    (unsafe { register(DR).read_volatile() }) as u8
}

/// The next byte that is typed.
pub fn wait_for_byte() -> u8 {
    while flags() & RXFE != 0 {}
    take()
}

/// Reads the flag register by one instruction.
pub fn reader() -> impl Fn() -> u32 {
    let flags = register(FR);
    // SAFETY: a register of the UART that reading leaves as it is.
    move || unsafe { flags.read_volatile() }
}

/// Clears no interrupt by one instruction: a write to a device that leaves it as it is.
pub fn writer() -> impl Fn() {
    let clear = register(ICR);
    // SAFETY: a register of the UART that does nothing for a zero.
    move || unsafe { clear.write_volatile(0) }
}

/// The UART's interrupt line: once something was printed there is an interrupt, which is let out or not.
pub fn set_line(high: bool) {
    // SAFETY: a register of the UART that only lets its interrupts out.
    unsafe { register(IMSC).write_volatile(if high { TXIM } else { 0 }) };
}

#[inline(always)]
fn register(offset: usize) -> *mut u32 {
    (platform::uart() + offset) as *mut u32
}

/// Formatted text.
macro_rules! print {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        let _ = write!($crate::runtime::console::Console, $($arg)*);
    }};
}

/// A formatted line.
macro_rules! println {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($crate::runtime::console::Console, $($arg)*);
    }};
}

pub(crate) use {print, println};
