// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words of a message that mean something.

use crate::fault_context::ReplyRegister;
use crate::{DebugRegister, Group, LogFlags, PageRights, VcpuState};

/// A word of an invocation's message.
pub trait Argument: Copy {
    /// Words worth trying: bounds, and one of each kind.
    const GOOD: &'static [u64];
    /// Words that no kernel takes: the answer is `InvalidArgument`, with the word's number.
    const BAD: &'static [u64];
    /// What the word means, if it means something.
    fn from_word(word: u64) -> Option<Self>;
    /// The word that means it.
    fn to_word(self) -> u64;
}

/// Any word goes; what more is asked of it, the invocation says.
impl Argument for u64 {
    const GOOD: &'static [u64] = &[0, 1, 0x1000, 1 << 31, 1 << 32, u64::MAX];
    const BAD: &'static [u64] = &[];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Some(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self
    }
}

impl Argument for DebugRegister {
    const GOOD: &'static [u64] = &[0, 5, 0x10f, 0x200, 0x303, 0x400, 0x500, 0x600, 0x700, 0x800];
    const BAD: &'static [u64] = &[0x10, 0x1ff, 0x401, 0x900, 1 << 16, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Self::from_word(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.to_word()
    }
}

impl Argument for VcpuState {
    const GOOD: &'static [u64] = &[0, 1, 2, 3, 4, 5, 6, 7];
    const BAD: &'static [u64] = &[8, 1 << 32, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Self::from_word(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self as u64
    }
}

impl Argument for Group {
    const GOOD: &'static [u64] = &[0, 1, 2, 3, 4, 5, 6, 7];
    const BAD: &'static [u64] = &[8, 1 << 32, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Self::from_word(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self as u64
    }
}

impl Argument for ReplyRegister {
    const GOOD: &'static [u64] = &[0, 9, 30, 31, 1 << 16, 3 << 16 | 0x303, 1 << 16 | 0x800];
    const BAD: &'static [u64] = &[32, 0xffff, 1 << 16 | 0x10, 1 << 17, 1 << 18, 1 << 40, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Self::from_word(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.to_word()
    }
}

impl Argument for PageRights {
    const GOOD: &'static [u64] = &[0, 2, 3, 4, 6, 7];
    const BAD: &'static [u64] = &[1, 5, 8, 15, 1 << 32, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Self::from_word(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.to_word()
    }
}

impl Argument for LogFlags {
    const GOOD: &'static [u64] = &[0, 1, 2, 3];
    const BAD: &'static [u64] = &[4, 1 << 32, u64::MAX];
    #[inline(always)]
    fn from_word(word: u64) -> Option<Self> {
        Self::from_word(word)
    }
    #[inline(always)]
    fn to_word(self) -> u64 {
        self.to_word()
    }
}
