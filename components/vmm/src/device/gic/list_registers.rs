// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the VMM has put in a vCPU's list registers. Only the guest knows how far it is with it.

use super::INTERRUPTS;
use super::interface::LIST_REGISTERS;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One entry for each list register of a vCPU.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ListRegisters {
    entries: [u16; LIST_REGISTERS],
}

/// What is in a list register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) intid: u16,
    /// Of an SGI: the vCPU that it comes from.
    pub(super) source: u8,
    /// It was pending by an edge or by software, and not only because its line is up.
    pub(super) latched: bool,
}

/// In an entry: the list register is empty. So is one that says anything else that is no interrupt.
const EMPTY: u16 = u16::MAX;
const INTID: u16 = 0x3ff;
const SOURCE_SHIFT: u32 = 10;
const LATCHED: u16 = 1 << 13;
const UNUSED: u16 = 3 << 14;

impl Entry {
    #[inline(always)]
    const fn to_word(self) -> u16 {
        self.intid | (self.source as u16) << SOURCE_SHIFT | if self.latched { LATCHED } else { 0 }
    }

    #[inline(always)]
    const fn from_word(word: u16) -> Option<Self> {
        if !is_interrupt(word) {
            return None;
        }
        Some(Self { intid: word & INTID, source: (word >> SOURCE_SHIFT & 7) as u8, latched: word & LATCHED != 0 })
    }
}

impl ListRegisters {
    pub(super) const fn new() -> Self {
        Self { entries: [EMPTY; LIST_REGISTERS] }
    }

    pub(super) fn free(&self) -> Option<u8> {
        self.entries.iter().position(|&word| !is_interrupt(word)).map(|index| index as u8)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.are_free_from(0)
    }

    /// Those from a number on hold nothing.
    pub(super) fn are_free_from(&self, first: usize) -> bool {
        !self.entries.iter().skip(first).any(|&word| is_interrupt(word))
    }

    /// What is where.
    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, Entry)> {
        self.entries.iter().enumerate().filter_map(|(index, &word)| Some((index, Entry::from_word(word)?)))
    }

    #[inline(always)]
    pub(super) fn occupy(&mut self, index: u8, entry: Entry) {
        self.entries[usize::from(index)] = entry.to_word();
    }

    /// Empty an entry; what it held, if it was one of ours.
    #[inline(always)]
    pub(super) fn release(&mut self, index: u64) -> Option<Entry> {
        let word = self.entries.get_mut(usize::try_from(index).ok()?)?;
        Entry::from_word(core::mem::replace(word, EMPTY))
    }
}

const fn is_interrupt(word: u16) -> bool {
    ((word & INTID) as usize) < INTERRUPTS && word & UNUSED == 0
}
