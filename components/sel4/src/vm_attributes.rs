// SPDX-License-Identifier: MIT OR Apache-2.0
//! Attributes of a mapping.

use core::ops::{BitAnd, BitOr, Not};

use crate::{Word, sys::object::vm_attributes as raw};

/// Corresponds to `seL4_ARM_VMAttributes`.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct VmAttributes(Word);

impl VmAttributes {
    /// Device memory.
    pub const NONE: Self = Self(0);
    /// Cacheable.
    pub const DEFAULT: Self = Self(raw::DEFAULT);
    /// Normal write-back memory.
    pub const PAGE_CACHEABLE: Self = Self(raw::PAGE_CACHEABLE);
    /// No effect here.
    pub const PARITY_ENABLED: Self = Self(raw::PARITY_ENABLED);
    /// No instruction fetch.
    pub const EXECUTE_NEVER: Self = Self(raw::EXECUTE_NEVER);

    /// From the word.
    pub const fn from_word(word: Word) -> Self {
        Self(word)
    }

    /// The word.
    pub const fn into_word(self) -> Word {
        self.0
    }

    /// Whether they have an attribute in common.
    pub const fn has(self, rhs: Self) -> bool {
        self.0 & rhs.0 != 0
    }
}

impl Default for VmAttributes {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Not for VmAttributes {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl BitOr for VmAttributes {
    type Output = Self;
    fn bitor(self, rhs: Self) -> Self {
        Self(self.0 | rhs.0)
    }
}

impl BitAnd for VmAttributes {
    type Output = Self;
    fn bitand(self, rhs: Self) -> Self {
        Self(self.0 & rhs.0)
    }
}
