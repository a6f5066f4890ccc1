// SPDX-License-Identifier: MIT OR Apache-2.0
//! A PL011 UART (Arm DDI 0183, revision r1p5: 32-byte FIFOs).
//!
//! It starts as firmware leaves it to a kernel: on, both ways (a guest is loaded without any).
//!
//! Transmission is instant: what the guest writes leaves through [`Output`], and the transmit FIFO reads full only
//! while nobody has room for the next byte. The receive interrupts follow the FIFO's level, so nothing that is in
//! it can be forgotten by clearing a bit.

use super::Outside;
use crate::bus::{self, MmioDevice, Node};
use crate::console::{Reader, Serial};
use crate::device::gic::Inject;
use crate::state::{Content, Journal, Section, Stored};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

const DR: u16 = 0x00;
/// Errors of what was received; a write of any value clears them.
const RSR: u16 = 0x04;
const FR: u16 = 0x18;
const ILPR: u16 = 0x20;
const IBRD: u16 = 0x24;
const FBRD: u16 = 0x28;
const LCR_H: u16 = 0x2c;
const CR: u16 = 0x30;
const IFLS: u16 = 0x34;
const IMSC: u16 = 0x38;
const RIS: u16 = 0x3c;
const MIS: u16 = 0x40;
const ICR: u16 = 0x44;
const DMACR: u16 = 0x48;
const ID: u16 = 0xfe0;

const FR_CTS: u32 = 1 << 0;
const FR_DSR: u32 = 1 << 1;
const FR_DCD: u32 = 1 << 2;
const FR_RXFE: u32 = 1 << 4;
const FR_TXFF: u32 = 1 << 5;
const FR_RXFF: u32 = 1 << 6;
const FR_TXFE: u32 = 1 << 7;
const FR_RI: u32 = 1 << 8;
const LCR_H_FEN: u32 = 1 << 4;
const CR_UARTEN: u32 = 1 << 0;
/// Loopback: what is sent is received, and the modem's lines go round as well.
const CR_LBE: u32 = 1 << 7;
const CR_TXE: u32 = 1 << 8;
const CR_RXE: u32 = 1 << 9;
const CR_DTR: u32 = 1 << 10;
const CR_RTS: u32 = 1 << 11;
const CR_OUT1: u32 = 1 << 12;
const CR_OUT2: u32 = 1 << 13;
/// What goes where in loopback, and the interrupt of a change.
const MODEM: [(u32, u32, u32); 4] =
    [(CR_OUT1, FR_RI, 1 << 0), (CR_RTS, FR_CTS, 1 << 1), (CR_OUT2, FR_DCD, 1 << 2), (CR_DTR, FR_DSR, 1 << 3)];
/// RSR: the FIFO was full when a byte came.
const RSR_OVERRUN: u32 = 1 << 3;
const INT_RX: u32 = 1 << 4;
const INT_TX: u32 = 1 << 5;
const INT_RT: u32 = 1 << 6;
const INT_OVERRUN: u32 = 1 << 10;
const INT_ALL: u32 = 0x7ff;
const FIFO_DEPTH: usize = 32;
const ID_VALUES: [u8; 8] = [0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

/// Where transmitted bytes go.
pub trait Output {
    /// Whether [`Self::put`] has room for a byte.
    fn has_room(&self) -> bool;
    /// Take a byte; without room it is lost, as on a wire.
    fn put(&mut self, byte: u8);
}

/// Registers and receive FIFO, as they are kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Registers {
    received: [u8; FIFO_DEPTH],
    /// Position of the oldest byte, and how many there are.
    first: u32,
    count: u32,
    ilpr: u32,
    ibrd: u32,
    fbrd: u32,
    lcr_h: u32,
    cr: u32,
    ifls: u32,
    imsc: u32,
    dmacr: u32,
    /// Interrupts that a write to ICR clears: transmit, modem and error.
    latched: u32,
    /// RSR.
    errors: u32,
}

impl Content for Registers {
    const NAME: &'static str = "UART";

    fn new() -> Self {
        Self {
            received: [0; FIFO_DEPTH],
            first: 0,
            count: 0,
            ilpr: 0,
            ibrd: 0,
            fbrd: 0,
            lcr_h: 0,
            cr: CR_UARTEN | CR_TXE | CR_RXE,
            ifls: 0x12,
            imsc: 0,
            dmacr: 0,
            latched: 0,
            errors: 0,
        }
    }
}

impl Registers {
    fn level(&self) -> usize {
        (self.count as usize).min(FIFO_DEPTH)
    }

    fn push(&mut self, byte: u8) {
        let at = (self.first as usize).wrapping_add(self.level()) % FIFO_DEPTH;
        self.received[at] = byte;
        self.count = self.level() as u32 + 1;
    }

    fn pop(&mut self) -> u8 {
        let byte = self.received[self.first as usize % FIFO_DEPTH];
        self.first = self.first.wrapping_add(1) % FIFO_DEPTH as u32;
        self.count = self.level() as u32 - 1;
        byte
    }
}

/// The UART.
pub struct Pl011<'a> {
    registers: Section<'a, Registers>,
}

impl<'a> MmioDevice<'a> for Pl011<'a> {
    type Memory = Stored<Registers>;
    const NODE: Option<Node> = Some(Node {
        name: "pl011",
        compatible: &["arm,pl011", "arm,primecell"],
        clocks: &["uartclk", "apb_pclk"],
        is_coherent: false,
    });

    fn new(memory: &'a mut Stored<Registers>, journal: &'a Journal) -> Self {
        Self { registers: Section::new(memory, journal) }
    }

    fn reset(&mut self, _port: &mut impl Inject) {
        *self.registers.change() = Registers::new();
    }

    #[inline]
    fn update_checksum(&mut self) {
        self.registers.update_checksum();
    }

    /// Only what takes a byte from the FIFO has one.
    #[inline(always)]
    fn read_has_effect(offset: u16) -> bool {
        offset & !3 == DR
    }

    #[inline(always)]
    fn read<S: Serial>(&mut self, offset: u16, size: u8, outside: &mut Outside<'_, 'a, S>) -> u64 {
        let value = self.load(offset, size, outside.console);
        if Self::read_has_effect(offset) {
            self.poll(outside);
        }
        value
    }

    #[inline]
    fn write<S: Serial>(&mut self, offset: u16, size: u8, value: u64, outside: &mut Outside<'_, 'a, S>) {
        self.store(offset, size, value, outside.console);
        // Only these can make room for input that was there before, or this device its reader; what comes later is told.
        let has_room = match offset & !3 {
            DR => outside.console.set_reader(Reader::Uart),
            CR | LCR_H => true,
            _ => false,
        };
        if has_room {
            self.poll(outside);
        }
    }

    /// Input moves to the FIFO as far as it has room; in loopback it waits.
    #[inline(never)]
    fn poll<S: Serial>(&mut self, outside: &mut Outside<'_, 'a, S>) {
        while self.can_receive() && !self.is_loopback() && outside.console.reader() == Reader::Uart {
            let Some(byte) = outside.console.get() else { return };
            self.receive(byte);
        }
    }

    fn line(&self) -> bool {
        self.raw_interrupts() & self.registers.imsc != 0
    }
}

impl Pl011<'_> {
    /// Whether [`Self::receive`] takes a byte now.
    pub fn can_receive(&self) -> bool {
        self.registers.cr & (CR_UARTEN | CR_RXE) == CR_UARTEN | CR_RXE && self.registers.level() < self.depth()
    }

    /// A byte arrives on the wire; lost when the FIFO is full.
    pub fn receive(&mut self, byte: u8) {
        if self.can_receive() {
            self.registers.change().push(byte);
        }
    }

    fn is_loopback(&self) -> bool {
        self.registers.cr & CR_LBE != 0
    }

    /// A byte goes out, or comes back; one that finds the FIFO full on its way back is lost, and that is told.
    fn transmit(&mut self, byte: u8, output: &mut impl Output) {
        if !self.is_loopback() {
            output.put(byte);
        } else if self.can_receive() {
            self.receive(byte);
        } else if self.registers.cr & (CR_UARTEN | CR_RXE) == CR_UARTEN | CR_RXE {
            let registers = self.registers.change();
            registers.errors |= RSR_OVERRUN;
            registers.latched |= INT_OVERRUN;
        }
    }

    /// A load of any size; the part of the 32-bit register that it covers.
    #[inline]
    pub fn load(&mut self, offset: u16, size: u8, output: &impl Output) -> u64 {
        bus::part_of_word(self.read_register(offset & !3, output), offset, size)
    }

    /// A store of any size; ignored unless it covers bits 7:0 of a register.
    pub fn store(&mut self, offset: u16, size: u8, value: u64, output: &mut impl Output) {
        let value = bus::word_of_store(value, size);
        if offset == DR {
            self.transmit(value as u8, output);
            if self.registers.latched & INT_TX != 0 {
                return;
            }
        }
        if offset == CR {
            return self.control(value & 0xff87);
        }
        let registers = self.registers.change();
        match offset {
            DR => registers.latched |= INT_TX,
            ILPR => registers.ilpr = value & 0xff,
            IBRD => registers.ibrd = value & 0xffff,
            FBRD => registers.fbrd = value & 0x3f,
            LCR_H => registers.lcr_h = value & 0xff,
            IFLS => registers.ifls = value & 0x3f,
            IMSC => registers.imsc = value & INT_ALL,
            ICR => registers.latched &= !value,
            DMACR => registers.dmacr = value & 7,
            RSR => registers.errors = 0,
            _ => {}
        }
    }

    /// CR. In loopback the modem's lines may change with it.
    fn control(&mut self, value: u32) {
        let before = self.modem_lines();
        self.registers.change().cr = value;
        let changed = before ^ self.modem_lines();
        let interrupts = MODEM.iter().filter(|(_, line, _)| changed & line != 0).fold(0, |all, (.., bit)| all | bit);
        if interrupts != 0 {
            self.registers.change().latched |= interrupts;
        }
    }

    /// The modem's lines as FR has them: none is there but in loopback.
    fn modem_lines(&self) -> u32 {
        if !self.is_loopback() {
            return 0;
        }
        let is_on = |control: u32| self.registers.cr & control != 0;
        MODEM.iter().filter(|(control, ..)| is_on(*control)).fold(0, |all, (_, line, _)| all | line)
    }

    fn read_register(&mut self, offset: u16, output: &impl Output) -> u32 {
        match offset {
            DR if self.registers.level() == 0 => 0,
            DR => self.registers.change().pop().into(),
            RSR => self.registers.errors,
            FR => self.flags(output),
            ILPR => self.registers.ilpr,
            IBRD => self.registers.ibrd,
            FBRD => self.registers.fbrd,
            LCR_H => self.registers.lcr_h,
            CR => self.registers.cr,
            IFLS => self.registers.ifls,
            IMSC => self.registers.imsc,
            RIS => self.raw_interrupts(),
            MIS => self.raw_interrupts() & self.registers.imsc,
            DMACR => self.registers.dmacr,
            ID..=0xfff => u32::from(ID_VALUES[usize::from(offset - ID) / 4]),
            _ => 0,
        }
    }

    fn flags(&self, output: &impl Output) -> u32 {
        let transmit = if self.is_loopback() || output.has_room() { FR_TXFE } else { FR_TXFF };
        let receive = match self.registers.level() {
            0 => FR_RXFE,
            n if n >= self.depth() => FR_RXFF,
            _ => 0,
        };
        transmit | receive | self.modem_lines()
    }

    fn raw_interrupts(&self) -> u32 {
        let level = self.registers.level();
        let receive = if level >= self.receive_trigger() { INT_RX } else { 0 };
        let timeout = if level > 0 { INT_RT } else { 0 };
        self.registers.latched | receive | timeout
    }

    fn depth(&self) -> usize {
        if self.registers.lcr_h & LCR_H_FEN != 0 { FIFO_DEPTH } else { 1 }
    }

    fn receive_trigger(&self) -> usize {
        if self.depth() == 1 {
            return 1;
        }
        match (self.registers.ifls >> 3) & 7 {
            0 => FIFO_DEPTH / 8,
            1 => FIFO_DEPTH / 4,
            3 => FIFO_DEPTH * 3 / 4,
            4 => FIFO_DEPTH * 7 / 8,
            _ => FIFO_DEPTH / 2,
        }
    }
}

#[cfg(test)]
mod tests;
