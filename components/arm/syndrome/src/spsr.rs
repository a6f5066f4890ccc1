// SPDX-License-Identifier: MIT OR Apache-2.0
//! The saved program state, of either execution state.

use crate::Flags;

/// Where the guest was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// EL0, AArch64.
    El0,
    /// EL1 with SP_EL0.
    El1t,
    /// EL1 with SP_EL1.
    El1h,
    /// AArch32, by the five-bit mode number (0x10 is User).
    Aarch32(u8),
    /// Not a guest's.
    Other,
}

/// A value of `SPSR_EL2`, as the kernel keeps it for the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spsr(pub u64);

impl Spsr {
    /// M[4]: AArch32.
    pub const AARCH32: u64 = 1 << 4;
    /// Fast interrupts masked (AArch32; PSTATE.F).
    pub const F: u64 = 1 << 6;
    /// Interrupts masked (PSTATE.I).
    pub const I: u64 = 1 << 7;
    /// Asynchronous aborts masked (PSTATE.A).
    pub const A: u64 = 1 << 8;
    /// Big-endian data (AArch32).
    pub const E: u64 = 1 << 9;
    /// Thumb (AArch32).
    pub const T: u64 = 1 << 5;
    /// D, A, I, F.
    pub const DAIF: u64 = 0xf << 6;
    /// Branch type (AArch64).
    pub const BTYPE: u64 = 0b11 << 10;
    /// Illegal execution state.
    pub const IL: u64 = 1 << 20;
    /// Software step.
    pub const SS: u64 = 1 << 21;
    /// Privileged access never.
    pub const PAN: u64 = 1 << 22;
    /// User access override (AArch64).
    pub const UAO: u64 = 1 << 23;
    /// N, Z, C, V.
    pub const NZCV: u64 = 0xf << 28;

    const IT_7_2: u64 = 0x3f << 10;
    const IT_1_0: u64 = 0b11 << 25;

    /// Is the guest in AArch32?
    pub const fn is_aarch32(self) -> bool {
        self.0 & Self::AARCH32 != 0
    }

    /// Is it executing T32?
    pub const fn is_thumb(self) -> bool {
        self.is_aarch32() && self.0 & Self::T != 0
    }

    /// The mode.
    pub const fn mode(self) -> Mode {
        match self.0 & 0x1f {
            0b00000 => Mode::El0,
            0b00100 => Mode::El1t,
            0b00101 => Mode::El1h,
            mode if self.is_aarch32() => Mode::Aarch32(mode as u8),
            _ => Mode::Other,
        }
    }

    /// Is it EL0 in either state?
    #[inline(always)]
    pub const fn is_el0(self) -> bool {
        /// Of M: without its AArch32 bit. EL0t is 0b00000, User 0b10000.
        const LEVEL: u64 = 0xf;
        self.0 & LEVEL == 0
    }

    /// N, Z, C, V.
    pub const fn flags(self) -> Flags {
        Flags { n: self.0 >> 31 & 1 != 0, z: self.0 >> 30 & 1 != 0, c: self.0 >> 29 & 1 != 0, v: self.0 >> 28 & 1 != 0 }
    }

    /// The same with N, Z, C and V from bits 31:28 of a word: what MRC to APSR_nzcv does.
    pub const fn with_nzcv(self, word: u64) -> Self {
        Self(self.0 & !Self::NZCV | word & Self::NZCV)
    }

    /// ITSTATE of AArch32, put together from its two pieces.
    pub const fn it_state(self) -> u8 {
        ((self.0 & Self::IT_7_2) >> 8 | (self.0 & Self::IT_1_0) >> 25) as u8
    }

    /// The same with another ITSTATE.
    pub const fn with_it_state(self, it: u8) -> Self {
        let pieces = (it as u64 >> 2) << 10 | (it as u64 & 0b11) << 25;
        Self(self.0 & !(Self::IT_7_2 | Self::IT_1_0) | pieces)
    }
}
