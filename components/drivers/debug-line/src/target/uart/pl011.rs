// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arm's PL011.

use arm_pl011_uart::{DataBits, Interrupts, LineConfig, Parity, StopBits, Uart, UniqueMmioPointer};
use sel4_microkit::debug_println;

use super::BAUD_RATE;
use crate::target::board;

pub use arm_pl011_uart::PL011Registers as Registers;

/// Its clock, in Hz.
const CLOCK: u32 = board::DEBUG_UART_CLOCK as u32;

/// The UART.
pub struct Pl011(Uart<'static>);

impl Pl011 {
    /// Turns it on.
    pub fn new(registers: UniqueMmioPointer<'static, Registers>) -> Self {
        let mut uart = Uart::new(registers);
        let line = LineConfig { data_bits: DataBits::Bits8, parity: Parity::None, stop_bits: StopBits::One };
        if uart.enable(line, BAUD_RATE, CLOCK).is_err() {
            debug_println!("debug-line|ERROR: the UART does not take {BAUD_RATE} baud");
        }
        uart.set_interrupt_masks(Interrupts::RXI | Interrupts::RTI);
        Self(uart)
    }
}

impl super::Uart for Pl011 {
    fn get(&mut self) -> Option<u8> {
        core::iter::repeat_with(|| self.0.read_word()).find_map(Result::ok).flatten()
    }

    fn put(&mut self, byte: u8) {
        while self.0.is_tx_fifo_full() {}
        self.0.write_word(byte);
    }

    fn clear_interrupts(&mut self) {
        self.0.clear_interrupts(Interrupts::all());
    }
}
