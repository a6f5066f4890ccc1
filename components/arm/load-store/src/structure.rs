// SPDX-License-Identifier: MIT OR Apache-2.0
//! Structure loads and stores: LD1 to LD4 of A64, VLD1 to VLD4 of AArch32, and the stores. The order of elements in
//! memory is the same in both; only where a register lies in the vector registers differs.

use crate::load_store::size_of_log2;
use crate::{Element, LoadStore};

/// How wide a register of this instruction set is: V0 to V31, or D0 to D31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct File {
    bytes: u32,
    registers: u32,
}

/// A64's.
pub(crate) const V: File = File { bytes: 16, registers: 32 };
/// AArch32's.
pub(crate) const D: File = File { bytes: 8, registers: 32 };

impl File {
    /// The first byte of an element of a register; numbers go round.
    const fn at(self, register: u32, index: u32, size: u32) -> u32 {
        (register % self.registers) * self.bytes + (index << size)
    }
}

/// What one instruction moves. Sizes are of an element, as powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Structure {
    /// `repeat` times structures of `count` elements, each in a register that is `step` after the one before, until
    /// registers of so many bytes are full.
    Whole { first: u32, repeat: u32, count: u32, step: u32, size: u32, bytes: u32, file: File },
    /// One structure, at an index of each register.
    Lane { first: u32, count: u32, step: u32, size: u32, index: u32, file: File },
    /// One structure, whose elements fill so many bytes of their registers; of `registers` more than `count`, VLD1 fills the
    /// second as well.
    Copies { first: u32, registers: u32, count: u32, step: u32, size: u32, bytes: u32, file: File },
}

impl Structure {
    /// Bytes in memory.
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Self::Whole { repeat, count, bytes, .. } => repeat * count * bytes,
            Self::Lane { count, size, .. } | Self::Copies { count, size, .. } => count << size,
        }
    }

    /// Bit n: V`n` is one of its registers; for A64.
    pub(crate) const fn registers(self) -> u32 {
        let (first, number) = match self {
            Self::Whole { first, repeat, count, .. } => (first, repeat * count),
            Self::Lane { first, count, .. } | Self::Copies { first, count, .. } => (first, count),
        };
        ((1u32 << number) - 1).rotate_left(first)
    }

    /// Adds the elements, in the order of their addresses.
    pub(crate) fn push(self, access: &mut LoadStore) {
        let mut push = |element| {
            let _ = access.elements.push(element);
        };
        match self {
            Self::Whole { first, repeat, count, step, size, bytes, file } => {
                for r in 0..repeat {
                    for index in 0..bytes >> size {
                        for s in 0..count {
                            push(Element::vector(file.at(first + r + s * step, index, size), size_of_log2(size)));
                        }
                    }
                }
            }
            Self::Lane { first, count, step, size, index, file } => {
                for s in 0..count {
                    push(Element::vector(file.at(first + s * step, index, size), size_of_log2(size)));
                }
            }
            Self::Copies { first, registers, count, step, size, bytes, file } => {
                // VLD1 to two registers: they lie side by side.
                let bytes = if count == 1 { bytes * registers } else { bytes };
                for s in 0..count {
                    let (at, copies) = (file.at(first + s * step, 0, size) as u16, (bytes >> size) as u8);
                    push(Element::Vector { at, size: size_of_log2(size), copies });
                }
            }
        }
    }
}
