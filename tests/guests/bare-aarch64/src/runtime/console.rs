// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PL011, polled.

use core::fmt;

const DR: *mut u32 = 0x0900_0000 as *mut u32;
const FR: *const u32 = 0x0900_0018 as *const u32;
/// FR: transmit FIFO full.
const TXFF: u32 = 1 << 5;

/// Where text goes.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the UART's registers, at the address of the machine that this guest is for.
            unsafe {
                while FR.read_volatile() & TXFF != 0 {}
                DR.write_volatile(byte.into());
            }
        }
        Ok(())
    }
}

/// The flag register: an access to a device.
pub fn flags() -> u32 {
    // SAFETY: a register of the UART that reading leaves as it is.
    unsafe { FR.read_volatile() }
}

/// A formatted line.
macro_rules! println {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($crate::runtime::console::Console, $($arg)*);
    }};
}

pub(crate) use println;
