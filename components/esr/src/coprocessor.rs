// SPDX-License-Identifier: MIT OR Apache-2.0
//! AArch32 coprocessor accesses: the ISS of EC 0x03 to 0x06, 0x08 and 0x0c.

use crate::{Condition, Direction, Register};

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
    /// The base register, in the AArch64 view.
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
