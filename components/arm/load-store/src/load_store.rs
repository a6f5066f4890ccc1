// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an instruction does to memory.

use crate::address::Indexing;
use crate::{Amount, Base};
use arm_syndrome::{AccessSize, Direction, Register, Transfer};

/// Accesses that one instruction makes at most: four vectors of bytes.
pub const MAX_ELEMENTS: usize = 64;

/// An instruction that accesses memory.
#[allow(clippy::large_enum_variant, reason = "there is no heap to put it on")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// A load or store.
    LoadStore(LoadStore),
    /// A load or store exclusive, or an atomic operation, at the address in a register.
    Exclusive {
        /// Its number; 31 is the stack pointer of A64.
        base: u8,
    },
    /// DC ZVA of the address in a register.
    ZeroBlock {
        /// Its number; 31 is zero.
        address: u8,
    },
    /// Another cache maintenance or address translation operation by address.
    Maintenance {
        /// The number of the register that has the address; 31 is zero.
        address: u8,
    },
}

/// A load or store of one register or of several, at addresses that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadStore {
    /// Which of the two.
    pub direction: Direction,
    /// What addresses start from.
    pub base: Base,
    /// Added to the base: the first element's address.
    pub start: Amount,
    /// Added to the base: what the base register holds afterwards, if it changes.
    pub writeback: Option<Amount>,
    /// From the first address on.
    pub elements: Elements,
    /// Bit n: a load clears V`n`, all 128 bits, before its elements are put there.
    pub cleared: u32,
    /// LDM and STM of User mode's registers.
    pub user_bank: bool,
}

/// The accesses of an instruction, in the order of their addresses.
pub type Elements = heapless::Vec<Element, MAX_ELEMENTS>;

/// One access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// Of a general-purpose register, by its number in the instruction: 31 is zero in A64, 15 is PC in AArch32.
    General(Transfer),
    /// Of a piece of the vector registers, V0 to V31 seen as 512 bytes.
    Vector {
        /// The first byte of the piece.
        at: u16,
        /// How large it is.
        size: AccessSize,
        /// A load puts it there so many times, one behind the other.
        copies: u8,
    },
}

impl Element {
    /// Of a general-purpose register.
    pub(crate) const fn general(rt: u32, size: AccessSize, sign_extend: bool, is_64_bit: bool) -> Self {
        let rt = Register::new(rt as u64);
        Self::General(Transfer { size, sign_extend, rt, is_64_bit, acquire_release: false })
    }

    /// A word of a general-purpose register of AArch32.
    pub(crate) const fn word(rt: u32) -> Self {
        Self::general(rt, AccessSize::Word, false, false)
    }

    /// Of a piece of the vector registers.
    pub(crate) const fn vector(at: u32, size: AccessSize) -> Self {
        Self::Vector { at: at as u16, size, copies: 1 }
    }

    /// How large it is.
    pub const fn size(self) -> AccessSize {
        match self {
            Self::General(Transfer { size, .. }) | Self::Vector { size, .. } => size,
        }
    }
}

/// The size of 2^`log2` bytes, up to eight.
pub(crate) const fn size_of_log2(log2: u32) -> AccessSize {
    match log2 {
        0 => AccessSize::Byte,
        1 => AccessSize::Halfword,
        2 => AccessSize::Word,
        _ => AccessSize::Doubleword,
    }
}

/// The direction of an instruction's L bit.
pub(crate) const fn direction(load: bool) -> Direction {
    if load { Direction::Read } else { Direction::Write }
}

impl LoadStore {
    /// Without elements yet.
    pub(crate) fn new(load: bool, base: Base, indexing: Indexing, amount: Amount) -> Self {
        let (start, writeback) = indexing.split(amount);
        let (direction, elements) = (direction(load), Elements::new());
        Self { direction, base, start, writeback, elements, cleared: 0, user_bank: false }
    }

    /// With one more element; with more than [`MAX_ELEMENTS`], which no instruction has, it is dropped.
    pub(crate) fn with(mut self, element: Element) -> Self {
        let _ = self.elements.push(element);
        self
    }

    /// As an instruction.
    pub(crate) fn done(self) -> Option<Instruction> {
        Some(Instruction::LoadStore(self))
    }

    /// Bytes of all elements.
    pub fn length(&self) -> u64 {
        self.elements.iter().map(|element| element.size().bytes()).sum()
    }
}
