// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be done in a page, and which pages a dirty log is asked about.

use sel4_abi::object::vm_attributes::EXECUTE_NEVER;
use sel4_abi::rights::CapRights;

/// Pages that one call gets to, however many it asks for: some 17,000 instructions. A multiple of the bits of the dirty
/// log's words.
pub const PAGES_PER_CALL: u64 = 256;

/// Loads and stores in a page. No mapping grants stores alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAccess {
    /// Neither.
    None,
    /// Loads.
    ReadOnly,
    /// Both.
    ReadWrite,
}

/// What may be done in a page: in a word read and write as in `seL4_CapRights`, and execute-never as in
/// `seL4_ARM_VMAttributes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRights {
    /// Loads and stores.
    pub access: PageAccess,
    /// Instruction fetches, if it can be read.
    pub execute: bool,
}

impl PageRights {
    /// From a word.
    #[inline]
    pub const fn from_word(word: u64) -> Option<Self> {
        let access = match word & !EXECUTE_NEVER {
            0 => PageAccess::None,
            CapRights::READ => PageAccess::ReadOnly,
            word if word == CapRights::READ_WRITE.0 => PageAccess::ReadWrite,
            _ => return None,
        };
        Some(Self { access, execute: word & EXECUTE_NEVER == 0 })
    }

    /// As a word.
    #[inline]
    pub const fn to_word(self) -> u64 {
        let access = match self.access {
            PageAccess::None => 0,
            PageAccess::ReadOnly => CapRights::READ,
            PageAccess::ReadWrite => CapRights::READ_WRITE.0,
        };
        if self.execute { access } else { access | EXECUTE_NEVER }
    }
}

/// What is asked of the dirty log beside which pages were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogFlags {
    /// Report nothing: only what is written from here on counts.
    pub start: bool,
    /// Watch the pages no longer.
    pub end: bool,
}

impl LogFlags {
    const START: u64 = 1;
    const END: u64 = 2;

    /// From a word.
    #[inline]
    pub const fn from_word(word: u64) -> Option<Self> {
        if word & !(Self::START | Self::END) != 0 {
            return None;
        }
        Some(Self { start: word & Self::START != 0, end: word & Self::END != 0 })
    }

    /// As a word.
    #[inline]
    pub const fn to_word(self) -> u64 {
        (if self.start { Self::START } else { 0 }) | if self.end { Self::END } else { 0 }
    }
}
