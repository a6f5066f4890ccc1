// SPDX-License-Identifier: MIT OR Apache-2.0
//! AArch32 conditional execution: an instruction that fails its condition may still trap, and must then do nothing.

use crate::Spsr;

/// N, Z, C, V.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Negative.
    pub n: bool,
    /// Zero.
    pub z: bool,
    /// Carry.
    pub c: bool,
    /// Overflow.
    pub v: bool,
}

/// The four-bit condition field of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionCode(u8);

impl ConditionCode {
    /// AL.
    pub const ALWAYS: Self = Self(0b1110);

    /// The low four bits of `value`.
    pub const fn new(value: u32) -> Self {
        Self((value & 0xf) as u8)
    }

    /// The field's value.
    pub const fn value(self) -> u8 {
        self.0
    }

    /// Does an instruction with this condition execute?
    pub const fn holds(self, flags: Flags) -> bool {
        let Flags { n, z, c, v } = flags;
        let base = match self.0 >> 1 {
            0 => z,
            1 => c,
            2 => n,
            3 => v,
            4 => c && !z,
            5 => n == v,
            6 => n == v && !z,
            // Both AL and the unconditional space: the low bit does not invert.
            _ => return true,
        };
        base != (self.0 & 1 != 0)
    }
}

/// CV and COND of the ISS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// CV is 1: the condition is in the syndrome.
    Known(ConditionCode),
    /// CV is 0: it follows from ITSTATE.
    FromItState,
}

impl Condition {
    /// CV in bit 24, COND in bits 23:20.
    pub(crate) const fn of_iss(iss: u32) -> Self {
        if iss & 1 << 24 != 0 { Self::Known(ConditionCode::new(iss >> 20)) } else { Self::FromItState }
    }

    /// Does the trapped instruction execute? Always in AArch64.
    pub const fn holds(self, spsr: Spsr) -> bool {
        if !spsr.is_aarch32() {
            return true;
        }
        let code = match self {
            Self::Known(code) => code,
            Self::FromItState if spsr.it_state() == 0 => ConditionCode::ALWAYS,
            Self::FromItState => ConditionCode::new((spsr.it_state() >> 4) as u32),
        };
        code.holds(spsr.flags())
    }
}
