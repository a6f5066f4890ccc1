// SPDX-License-Identifier: MIT OR Apache-2.0
//! MSR, MRS and SYS: the encoding, and the ISS of EC 0x18.

use core::fmt;

use crate::{Direction, Register};

/// A system register's encoding, ordered by op0, op1, CRn, CRm, op2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SysReg(u16);

impl SysReg {
    /// From the five fields; what does not fit in a field is dropped.
    pub const fn new(op0: u8, op1: u8, crn: u8, crm: u8, op2: u8) -> Self {
        let fields = [(op0, 2, 14), (op1, 3, 11), (crn, 4, 7), (crm, 4, 3), (op2, 3, 0)];
        let mut packed = 0;
        let mut i = 0;
        while i < fields.len() {
            let (value, bits, at) = fields[i];
            packed |= (value as u16 & ((1 << bits) - 1)) << at;
            i += 1;
        }
        Self(packed)
    }

    /// All 2^16 encodings are valid ones.
    pub const fn from_packed(packed: u16) -> Self {
        Self(packed)
    }

    /// The number by which encodings are ordered; also bits 20:5 of the instruction.
    pub const fn packed(self) -> u16 {
        self.0
    }

    /// op0.
    pub const fn op0(self) -> u8 {
        (self.0 >> 14) as u8
    }

    /// op1.
    pub const fn op1(self) -> u8 {
        (self.0 >> 11 & 7) as u8
    }

    /// CRn.
    pub const fn crn(self) -> u8 {
        (self.0 >> 7 & 15) as u8
    }

    /// CRm.
    pub const fn crm(self) -> u8 {
        (self.0 >> 3 & 15) as u8
    }

    /// op2.
    pub const fn op2(self) -> u8 {
        (self.0 & 7) as u8
    }
}

/// The assembler's generic name: `s2_0_c0_c1_4`.
impl fmt::Display for SysReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}_{}_c{}_c{}_{}", self.op0(), self.op1(), self.crn(), self.crm(), self.op2())
    }
}

impl fmt::Debug for SysReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A trapped MSR, MRS or system instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SysRegAccess {
    /// What is accessed.
    pub register: SysReg,
    /// Where the value comes from or goes to.
    pub rt: Register,
    /// MRS or MSR.
    pub direction: Direction,
}

impl SysRegAccess {
    /// ISS of EC 0x18.
    pub const fn from_iss(iss: u32) -> Self {
        Self {
            register: SysReg::new(
                field_at(iss, 20),
                field_at(iss, 14),
                field_at(iss, 10),
                field_at(iss, 1),
                field_at(iss, 17),
            ),
            rt: Register::new((iss >> 5) as u64),
            direction: Direction::of_iss(iss),
        }
    }
}

/// The bits from `at` up; [`SysReg::new`] keeps as many as the field has.
const fn field_at(iss: u32, at: u32) -> u8 {
    (iss >> at) as u8
}
