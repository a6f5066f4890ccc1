// SPDX-License-Identifier: MIT OR Apache-2.0
//! A general-purpose register's number.

use core::fmt;

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
