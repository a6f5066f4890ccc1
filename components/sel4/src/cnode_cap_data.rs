// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guard of a CNode capability.

use crate::{WORD_SIZE, Word};

/// Corresponds to `seL4_CNode_CapData`: size of the guard in bits 5:0, guard above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CNodeCapData(Word);

impl CNodeCapData {
    /// A guard of `guard_size` bits.
    pub const fn new(guard: Word, guard_size: usize) -> Self {
        Self((guard << 6) | (guard_size as Word & 0x3f))
    }

    /// A guard of zeros.
    pub const fn skip(num_bits: usize) -> Self {
        Self::new(0, num_bits)
    }

    /// A guard of zeros over all that a CNode of this size does not resolve.
    pub const fn skip_high_bits(cnode_size_bits: usize) -> Self {
        Self::skip(WORD_SIZE - cnode_size_bits)
    }

    /// The word, as Mint's badge or Configure's data.
    pub const fn into_word(self) -> Word {
        self.0
    }
}
