// SPDX-License-Identifier: MIT OR Apache-2.0
//! A general-purpose register's number.

use crate::{Mode, Spsr};
use core::fmt;

/// Mode numbers of AArch32 that have registers of their own (Arm ARM, G1.9.1).
const FIQ: u8 = 0x11;
const IRQ: u8 = 0x12;
const SUPERVISOR: u8 = 0x13;
const ABORT: u8 = 0x17;
const UNDEFINED: u8 = 0x1b;

/// Five bits: X0 to X30, or 31, which in a syndrome always means XZR and never SP.
///
/// For AArch32 it is the AArch64 view of the banked register (`r14_irq` is X16).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Register(u8);

impl Register {
    /// XZR: reads as zero, and a write to it goes nowhere.
    pub const ZERO: Self = Self(31);

    /// The low five bits of `value`.
    pub const fn new(value: u64) -> Self {
        Self((value & 0x1f) as u8)
    }

    /// The AArch64 view of register `number` of AArch32 in a mode: R0 to R14 (Arm ARM, D1.19.2). 15 is PC, which has none.
    pub const fn of_aarch32(mode: Mode, number: u8) -> Self {
        let view = match (mode, number) {
            (Mode::Aarch32(FIQ), 8..=14) => number + 16,
            (Mode::Aarch32(IRQ), 13..=14) => 16 + (14 - number),
            (Mode::Aarch32(SUPERVISOR), 13..=14) => 18 + (14 - number),
            (Mode::Aarch32(ABORT), 13..=14) => 20 + (14 - number),
            (Mode::Aarch32(UNDEFINED), 13..=14) => 22 + (14 - number),
            _ => number,
        };
        Self::new(view as u64)
    }

    /// The register that a syndrome names, as it is in a mode. The architecture has the AArch64 view in the syndrome, which
    /// stays as it is; QEMU 10.0 has the number in the instruction, and a mode with a bank of its own cannot name the
    /// register of User mode which that number would be in the view.
    #[inline(always)]
    pub const fn in_mode_of(self, spsr: Spsr) -> Self {
        if spsr.is_aarch32() { Self::of_aarch32(spsr.mode(), self.0) } else { self }
    }

    /// 0 to 31.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The index into an array of X0 to X30, or nothing for XZR.
    pub const fn index(self) -> Option<usize> {
        if self.0 == 31 { None } else { Some(self.0 as usize) }
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index() {
            Some(n) => write!(f, "x{n}"),
            None => f.write_str("xzr"),
        }
    }
}
