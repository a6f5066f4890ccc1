// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mini UART of Broadcom's chips, in one page with two SPI masters: much like a 16550 without parity.

use arm_pl011_uart::UniqueMmioPointer;
use safe_mmio::{
    field,
    fields::{ReadPure, ReadPureWrite, ReadWrite},
};

use super::BAUD_RATE;
use crate::target::board;

/// The page: who interrupts, who is on, and the mini UART from 0x40 on.
#[repr(C)]
pub struct Registers {
    irq: ReadPure<u32>,
    enables: ReadPureWrite<u32>,
    others: [u32; 14],
    /// A byte received, or to be sent.
    io: ReadWrite<u32>,
    interrupt_enable: ReadPureWrite<u32>,
    /// Written, it empties the FIFOs.
    interrupt_identity: ReadPureWrite<u32>,
    line_control: ReadPureWrite<u32>,
    modem_control: ReadPureWrite<u32>,
    /// A read forgets an overrun.
    line_status: ReadWrite<u32>,
    modem_status: ReadPure<u32>,
    scratch: ReadPureWrite<u32>,
    control: ReadPureWrite<u32>,
    status: ReadPure<u32>,
    baud: ReadPureWrite<u32>,
}

const _: () = {
    assert!(core::mem::offset_of!(Registers, io) == 0x40);
    assert!(core::mem::offset_of!(Registers, baud) == 0x68);
};

/// In `enables`; the others are the SPI masters'.
const MINI_UART: u32 = 1;
/// When it has received something. The chip wants the two others set as well.
const INTERRUPT_ON_RECEIVED: u32 = 1 << 3 | 1 << 2 | 1;
const EMPTY_BOTH_FIFOS: u32 = 1 << 2 | 1 << 1;
/// The lowest bit alone is said to be enough, and is not.
const EIGHT_BITS: u32 = 3;
const SEND_AND_RECEIVE: u32 = 3;
/// In `line_status`.
const RECEIVED: u32 = 1;
const HAS_ROOM: u32 = 1 << 5;
/// Of the chip's core, by eight.
const DIVIDER: u32 = board::DEBUG_UART_CLOCK as u32 / (8 * BAUD_RATE) - 1;

/// The UART.
pub struct Mini(UniqueMmioPointer<'static, Registers>);

impl Mini {
    /// Turns it on.
    pub fn new(mut registers: UniqueMmioPointer<'static, Registers>) -> Self {
        let others = field!(registers, enables).read();
        field!(registers, enables).write(others | MINI_UART);
        field!(registers, control).write(0);
        field!(registers, interrupt_enable).write(0);
        field!(registers, line_control).write(EIGHT_BITS);
        field!(registers, modem_control).write(0);
        field!(registers, interrupt_identity).write(EMPTY_BOTH_FIFOS);
        field!(registers, baud).write(DIVIDER);
        field!(registers, control).write(SEND_AND_RECEIVE);
        field!(registers, interrupt_enable).write(INTERRUPT_ON_RECEIVED);
        Self(registers)
    }

    fn line_status(&mut self) -> u32 {
        field!(self.0, line_status).read()
    }
}

impl super::Uart for Mini {
    fn get(&mut self) -> Option<u8> {
        (self.line_status() & RECEIVED != 0).then(|| field!(self.0, io).read() as u8)
    }

    fn put(&mut self, byte: u8) {
        while self.line_status() & HAS_ROOM == 0 {}
        field!(self.0, io).write(byte.into());
    }

    /// It interrupts for as long as there is something to read.
    fn clear_interrupts(&mut self) {}
}
