// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accesses to all registers in all sizes.

use super::Generator;
use crate::program::Operation;
use crate::register::names::{
    self, CLEAR_ACTIVE, CLEAR_ENABLE, CLEAR_PENDING, GROUP, SET_ACTIVE, SET_ENABLE, SET_PENDING, bitmap,
};
use crate::register::{Register, Size};

/// Registers of the CPU interface that a read leaves as they are.
const READABLE: [u16; 20] = [
    0x00, 0x04, 0x08, 0x10, 0x14, 0x14, 0x18, 0x18, 0x1c, 0x24, 0x28, 0x2c, 0xd0, 0xd4, 0xe0, 0xe4, 0xfc, 0x40, 0x1000,
    0xf0,
];
/// Registers of the distributor that are not for one interrupt.
const SINGLE: [u16; 18] = [
    0x000, 0x000, 0x004, 0x008, 0x00c, 0x010, 0x040, 0x07c, 0xe00, 0xe04, 0xf00, 0xf04, 0xfcc, 0xfd0, 0xfe0, 0xfe4,
    0xfe8, 0xffc,
];
/// The bitmaps.
const BITMAPS: [u16; 9] =
    [GROUP, SET_ENABLE, CLEAR_ENABLE, SET_PENDING, SET_PENDING, CLEAR_PENDING, SET_ACTIVE, SET_ACTIVE, CLEAR_ACTIVE];

impl Generator {
    pub(super) fn read(&mut self) {
        let intid = self.interrupt();
        let register = match self.random.below(10) {
            0..5 => bitmap(self.random.pick(&BITMAPS), intid),
            5 => self.random.pick(&[names::priority(intid), names::target(intid)]),
            6 => names::config(intid),
            7 if intid < 16 => self.random.pick(&[names::set_sgi(intid), names::clear_sgi(intid)]),
            7 => Register::distributor(self.random.pick(&SINGLE)),
            _ => return self.read_interface(),
        };
        let size = self.size(register);
        self.push(Operation::Read(aligned(register, size), size));
    }

    fn read_interface(&mut self) {
        let register = Register::interface(self.random.pick(&READABLE));
        self.push(Operation::Read(register, Size::Word));
    }

    /// Mostly one that the register has.
    fn size(&mut self, register: Register) -> Size {
        let has_bytes = register.row().is_some_and(|row| row.has_bytes);
        match self.random.below(12) {
            0 => self.random.pick(&[Size::Byte, Size::Half, Size::Double]),
            1..7 if has_bytes => Size::Byte,
            _ => Size::Word,
        }
    }

    /// Stores whose effect the architecture leaves open, or that have none.
    pub(super) fn contained(&mut self) {
        let intid = self.interrupt();
        let size = self.random.pick(&[Size::Byte, Size::Half, Size::Word, Size::Double]);
        let some = u64::from(self.random.bits()) << 32 | u64::from(self.random.bits());
        let register = match self.random.below(8) {
            0 => names::priority(intid),
            1 => names::target(intid),
            2 => bitmap(self.random.pick(&[SET_ENABLE, CLEAR_ENABLE]), intid),
            3 => return self.binary_point(),
            // The triggers of PPIs.
            4 => return self.push(Operation::Contained(names::config(16), Size::Word, some & 0xffff_ffff)),
            // What cannot be written.
            5 => Register::distributor(self.random.pick(&[0x004, 0x008, 0xe00, 0xfe8])),
            6 => Register::distributor(self.random.pick(&[0x00c, 0x040, 0xf38, 0xfcc])),
            _ => names::GICD_CTLR,
        };
        self.push(Operation::Contained(aligned(register, size), size, some & mask(size)));
    }

    /// Smaller ones than all implementations have.
    fn binary_point(&mut self) {
        let register = self.random.pick(&[names::BPR, names::ABPR]);
        let value = self.random.below(8);
        self.push(Operation::Contained(register, Size::Word, value.into()));
    }
}

fn aligned(register: Register, size: Size) -> Register {
    Register { offset: register.offset & !(size.bytes() - 1), ..register }
}

fn mask(size: Size) -> u64 {
    if size == Size::Double { u64::MAX } else { (1 << (8 * size.bytes())) - 1 }
}
