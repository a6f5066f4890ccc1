// SPDX-License-Identifier: MIT OR Apache-2.0
//! Instruction and data aborts: the ISS of EC 0x20, 0x21, 0x24, 0x25.

use crate::iss::{ISV, S1PTW, SRT_SHIFT};
use crate::{Direction, Register};

/// DFSC or IFSC, six bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultStatus(u8);

impl FaultStatus {
    /// Synchronous external abort, not on a table walk.
    pub const EXTERNAL: Self = Self(0b010000);

    /// Alignment fault.
    pub const ALIGNMENT: Self = Self(0b100001);
    /// Load or store exclusive, or an atomic operation, at memory that has no such thing (Arm ARM, B2.9.2 and D24.2.38).
    pub const UNSUPPORTED_EXCLUSIVE: Self = Self(0b110101);

    /// Synchronous external abort on a table walk, at level 0 to 3.
    pub const fn external_on_walk(level: u8) -> Self {
        Self(0b010100 | level & 0b11)
    }

    /// The low six bits of `iss`.
    pub const fn new(iss: u32) -> Self {
        Self((iss & 0x3f) as u8)
    }

    /// The field's value.
    pub const fn value(self) -> u8 {
        self.0
    }

    /// A translation fault: nothing is mapped there.
    pub const fn is_translation(self) -> bool {
        self.0 >> 2 == 0b0001
    }

    /// A permission fault.
    pub const fn is_permission(self) -> bool {
        self.0 >> 2 == 0b0011
    }
}

/// How many bytes a load or store moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessSize {
    /// One.
    Byte,
    /// Two.
    Halfword,
    /// Four.
    Word,
    /// Eight.
    Doubleword,
}

impl AccessSize {
    const fn of_iss(iss: u32) -> Self {
        match iss >> 22 & 0b11 {
            0 => Self::Byte,
            1 => Self::Halfword,
            2 => Self::Word,
            _ => Self::Doubleword,
        }
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        1 << self as u32
    }

    /// In bits.
    pub const fn bits(self) -> u32 {
        8 << self as u32
    }

    /// All bits that it covers.
    pub const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }
}

/// The register side of a load or store, given when ISV is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// SAS.
    pub size: AccessSize,
    /// SSE: a load that sign-extends.
    pub sign_extend: bool,
    /// SRT.
    pub rt: Register,
    /// SF: the register is 64 bits wide.
    pub is_64_bit: bool,
    /// AR: acquire or release.
    pub acquire_release: bool,
}

impl Transfer {
    const fn of_iss(iss: u32) -> Option<Self> {
        if iss as u64 & ISV == 0 {
            return None;
        }
        Some(Self {
            size: AccessSize::of_iss(iss),
            sign_extend: iss & 1 << 21 != 0,
            rt: Register::new((iss >> SRT_SHIFT) as u64),
            is_64_bit: iss & 1 << 15 != 0,
            acquire_release: iss & 1 << 14 != 0,
        })
    }

    /// What the register holds after a load that found `value`.
    pub const fn loaded(self, value: u64) -> u64 {
        let value = value & self.size.mask();
        let unused = 64 - self.size.bits();
        let extended = if self.sign_extend { ((value << unused) as i64 >> unused) as u64 } else { value };
        if self.is_64_bit { extended } else { extended & u32::MAX as u64 }
    }

    /// What a store moves when the register holds `value`.
    pub const fn stored(self, value: u64) -> u64 {
        value & self.size.mask()
    }
}

/// A data abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataAbort {
    /// Given for single loads and stores of a general-purpose register without write-back.
    pub transfer: Option<Transfer>,
    /// Is the fault address register valid?
    pub far_valid: bool,
    /// CM: it was a cache maintenance or address translation instruction.
    pub cache_maintenance: bool,
    /// S1PTW: a stage 2 fault on a stage 1 table walk.
    pub table_walk: bool,
    /// WnR.
    pub direction: Direction,
    /// DFSC.
    pub status: FaultStatus,
}

impl DataAbort {
    /// ISS of EC 0x24, 0x25.
    pub const fn from_iss(iss: u32) -> Self {
        Self {
            transfer: Transfer::of_iss(iss),
            far_valid: iss & 1 << 10 == 0,
            cache_maintenance: iss & 1 << 8 != 0,
            table_walk: iss as u64 & S1PTW != 0,
            direction: if iss & 1 << 6 != 0 { Direction::Write } else { Direction::Read },
            status: FaultStatus::new(iss),
        }
    }
}

/// An instruction abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionAbort {
    /// Is the fault address register valid?
    pub far_valid: bool,
    /// S1PTW: a stage 2 fault on a stage 1 table walk.
    pub table_walk: bool,
    /// IFSC.
    pub status: FaultStatus,
}

impl InstructionAbort {
    /// ISS of EC 0x20, 0x21.
    pub const fn from_iss(iss: u32) -> Self {
        Self { far_valid: iss & 1 << 10 == 0, table_walk: iss as u64 & S1PTW != 0, status: FaultStatus::new(iss) }
    }
}
