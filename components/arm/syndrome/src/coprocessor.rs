// SPDX-License-Identifier: MIT OR Apache-2.0
//! AArch32 coprocessor accesses: the ISS of EC 0x03 to 0x06, 0x08 and 0x0c.

use core::fmt;

use crate::{Condition, Direction, Register, Spsr};

/// Coprocessor 14: debug, trace. 15: everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coprocessor {
    /// p14.
    P14,
    /// p15.
    P15,
}

impl Coprocessor {
    /// 14 or 15.
    pub const fn number(self) -> u8 {
        14 + self as u8
    }
}

/// A register that MCR and MRC reach, ordered by coprocessor, opc1, CRn, CRm, opc2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpReg(u16);

impl CpReg {
    /// From the fields; what does not fit in a field is dropped.
    pub const fn new(coprocessor: Coprocessor, opc1: u8, crn: u8, crm: u8, opc2: u8) -> Self {
        let operation = (opc1 as u16 & 7) << 11 | (opc2 as u16 & 7);
        Self((coprocessor as u16) << 14 | operation | (crn as u16 & 15) << 7 | (crm as u16 & 15) << 3)
    }

    /// The number by which encodings are ordered.
    pub const fn packed(self) -> u16 {
        self.0
    }

    /// p14 or p15.
    pub const fn coprocessor(self) -> Coprocessor {
        if self.0 >> 14 == 0 { Coprocessor::P14 } else { Coprocessor::P15 }
    }

    /// opc1.
    pub const fn opc1(self) -> u8 {
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

    /// opc2.
    pub const fn opc2(self) -> u8 {
        (self.0 & 7) as u8
    }
}

/// As in an instruction, without Rt: `p14 0 c0 c5 0`.
impl fmt::Display for CpReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.coprocessor().number();
        write!(f, "p{number} {} c{} c{} {}", self.opc1(), self.crn(), self.crm(), self.opc2())
    }
}

impl fmt::Debug for CpReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A register that MCRR and MRRC reach, ordered by coprocessor, opc1, CRm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpReg64(u16);

impl CpReg64 {
    /// From the fields; what does not fit in a field is dropped.
    pub const fn new(coprocessor: Coprocessor, opc1: u8, crm: u8) -> Self {
        Self((coprocessor as u16) << 8 | (opc1 as u16 & 15) << 4 | (crm as u16 & 15))
    }

    /// The number by which encodings are ordered.
    pub const fn packed(self) -> u16 {
        self.0
    }
}

/// As in an instruction, without Rt and Rt2: `p14 0 c1`.
impl fmt::Display for CpReg64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{} {} c{}", 14 + (self.0 >> 8), self.0 >> 4 & 15, self.0 & 15)
    }
}

impl fmt::Debug for CpReg64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// MCR, MRC or VMRS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpAccess32 {
    /// Whether it executes.
    pub condition: Condition,
    /// opc1.
    pub opc1: u8,
    /// CRn.
    pub crn: u8,
    /// CRm.
    pub crm: u8,
    /// opc2.
    pub opc2: u8,
    /// The AArch64 view of Rt. 31: an MRC to the flags.
    pub rt: Register,
    /// MRC or MCR.
    pub direction: Direction,
}

/// MCRR or MRRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpAccess64 {
    /// Whether it executes.
    pub condition: Condition,
    /// opc1.
    pub opc1: u8,
    /// CRm.
    pub crm: u8,
    /// The low word's register, in the AArch64 view.
    pub rt: Register,
    /// The high word's.
    pub rt2: Register,
    /// MRRC or MCRR.
    pub direction: Direction,
}

/// LDC or STC. Only the two debug data registers have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpMemory {
    /// Whether it executes.
    pub condition: Condition,
    /// The immediate offset, in words.
    pub imm8: u8,
    /// The base register, in the AArch64 view; 31 if the address is a literal's.
    pub rn: Register,
    /// Is the offset added?
    pub add: bool,
    /// AM, the addressing mode.
    pub addressing: u8,
    /// STC reads the coprocessor's register, LDC writes it.
    pub direction: Direction,
}

const fn field(iss: u32, at: u32, bits: u32) -> u8 {
    (iss >> at & ((1 << bits) - 1)) as u8
}

impl CpAccess32 {
    /// ISS of EC 0x03, 0x05, 0x08.
    pub const fn from_iss(iss: u32) -> Self {
        Self {
            condition: Condition::of_iss(iss),
            opc1: field(iss, 14, 3),
            crn: field(iss, 10, 4),
            crm: field(iss, 1, 4),
            opc2: field(iss, 17, 3),
            rt: Register::new((iss >> 5) as u64),
            direction: Direction::of_iss(iss),
        }
    }

    /// With Rt as it is in a mode ([`Register::in_mode_of`]); PC of an MRC is the flags.
    pub const fn in_mode_of(self, spsr: Spsr) -> Self {
        const PC: u8 = 15;
        let to_flags = spsr.is_aarch32() && self.rt.number() == PC && self.direction.is_read();
        let rt = if to_flags { Register::ZERO } else { self.rt.in_mode_of(spsr) };
        Self { rt, ..self }
    }

    /// What is accessed; the class says which coprocessor it is.
    pub const fn register(self, coprocessor: Coprocessor) -> CpReg {
        CpReg::new(coprocessor, self.opc1, self.crn, self.crm, self.opc2)
    }
}

impl CpAccess64 {
    /// ISS of EC 0x04, 0x0c.
    pub const fn from_iss(iss: u32) -> Self {
        Self {
            condition: Condition::of_iss(iss),
            opc1: field(iss, 16, 4),
            crm: field(iss, 1, 4),
            rt: Register::new((iss >> 5) as u64),
            rt2: Register::new((iss >> 10) as u64),
            direction: Direction::of_iss(iss),
        }
    }

    /// With Rt and Rt2 as they are in a mode ([`Register::in_mode_of`]).
    pub const fn in_mode_of(self, spsr: Spsr) -> Self {
        Self { rt: self.rt.in_mode_of(spsr), rt2: self.rt2.in_mode_of(spsr), ..self }
    }

    /// What is accessed; the class says which coprocessor it is.
    pub const fn register(self, coprocessor: Coprocessor) -> CpReg64 {
        CpReg64::new(coprocessor, self.opc1, self.crm)
    }
}

impl CpMemory {
    /// ISS of EC 0x06.
    pub const fn from_iss(iss: u32) -> Self {
        Self {
            condition: Condition::of_iss(iss),
            imm8: field(iss, 12, 8),
            rn: Register::new((iss >> 5) as u64),
            add: iss & 1 << 4 != 0,
            addressing: field(iss, 1, 3),
            direction: Direction::of_iss(iss),
        }
    }
}
