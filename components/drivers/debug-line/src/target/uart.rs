// SPDX-License-Identifier: MIT OR Apache-2.0
//! What this program wants of a UART, and the one that the board has.

#[cfg(mini_uart)]
mod mini;
#[cfg(not(mini_uart))]
mod pl011;

#[cfg(mini_uart)]
pub use mini::{Mini as BoardUart, Registers};
#[cfg(not(mini_uart))]
pub use pl011::{Pl011 as BoardUart, Registers};

/// What the line runs at.
const BAUD_RATE: u32 = 115_200;

/// A UART that is on and interrupts when it has received something.
pub trait Uart {
    /// The next byte, if there is one. A broken one is lost, nothing else.
    fn get(&mut self) -> Option<u8>;
    /// Sends a byte, once there is room.
    fn put(&mut self, byte: u8);
    /// Forgets what it has interrupted for.
    fn clear_interrupts(&mut self);
}
