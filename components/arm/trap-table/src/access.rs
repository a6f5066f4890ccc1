// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who may do what to a register.

use arm_syndrome::Direction;

/// What a trapped instruction wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// MRS.
    Read,
    /// MSR of this value (0 for XZR).
    Write(u64),
}

impl Access {
    /// Which way it goes.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Read => Direction::Read,
            Self::Write(_) => Direction::Write,
        }
    }
}

/// What is defined; anything else is an undefined instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// EL1 reads and writes.
    ReadWrite,
    /// EL1 reads.
    ReadOnly,
    /// EL1 writes.
    WriteOnly,
    /// EL0 as well, both ways.
    El0ReadWrite,
    /// EL0 as well, reads.
    El0ReadOnly,
    /// Nobody below EL2.
    Nothing,
}

impl Rights {
    /// Is the access defined?
    #[inline(always)]
    pub const fn allow(self, direction: Direction, from_el0: bool) -> bool {
        match self {
            Self::ReadWrite => !from_el0,
            Self::ReadOnly => !from_el0 && direction.is_read(),
            Self::WriteOnly => !from_el0 && !direction.is_read(),
            Self::El0ReadWrite => true,
            Self::El0ReadOnly => direction.is_read(),
            Self::Nothing => false,
        }
    }
}
