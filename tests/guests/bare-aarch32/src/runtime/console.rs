// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PL011, polled.

use core::fmt;

const UART: usize = 0x0900_0000;
const FLAGS: usize = UART + 0x18;
/// Transmit FIFO full.
const TXFF: u32 = 1 << 5;

/// Where text goes.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: registers of the UART.
            unsafe {
                while (FLAGS as *const u32).read_volatile() & TXFF != 0 {}
                (UART as *mut u32).write_volatile(byte.into());
            }
        }
        Ok(())
    }
}

/// A formatted line.
macro_rules! println {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($crate::runtime::console::Console, $($arg)*);
    }};
}

pub(crate) use println;
