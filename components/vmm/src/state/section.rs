// SPDX-License-Identifier: MIT OR Apache-2.0
//! A part of the state that changes as a whole or not at all.

use super::Journal;
use core::ops::Deref;
use core::sync::atomic::{Ordering::SeqCst, compiler_fence};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What can be kept: whole words, in which every value means something.
pub trait Stored: FromBytes + IntoBytes + Immutable + KnownLayout + Clone {}

impl<T: FromBytes + IntoBytes + Immutable + KnownLayout + Clone> Stored for T {}

/// A section in memory: as it is, and as it was before the exit that is being handled.
#[derive(FromBytes, KnownLayout)]
#[repr(C)]
pub struct Kept<T> {
    /// The epoch in which `before` was taken; 0 is none.
    opened: u64,
    sum: u64,
    before_sum: u64,
    live: T,
    before: T,
}

impl<T: Stored> Kept<T> {
    const WORDS: () = assert!(size_of::<T>().is_multiple_of(8) && align_of::<T>() <= 8, "whole words");

    /// With this content.
    pub fn new(content: T) -> Self {
        let () = Self::WORDS;
        let sum = checksum(&content);
        Self { opened: 0, sum, before_sum: sum, before: content.clone(), live: content }
    }

    #[cfg(any(test, feature = "fake"))]
    pub(super) fn live_mut(&mut self) -> &mut T {
        &mut self.live
    }

    #[cfg(test)]
    pub(crate) fn live(&self) -> &T {
        &self.live
    }

    /// Undo what was not committed; whether the content is intact.
    pub(super) fn put_back(&mut self, epoch: u64) -> bool {
        if self.opened == epoch {
            self.live = self.before.clone();
            self.sum = self.before_sum;
            compiler_fence(SeqCst);
            self.opened = 0;
        }
        checksum(&self.live) == self.sum
    }
}

/// The way to a section: read it freely, change it through [`Section::change`].
pub struct Section<'a, T> {
    kept: &'a mut Kept<T>,
    journal: &'a Journal,
}

impl<'a, T: Stored> Section<'a, T> {
    /// Of this memory and journal.
    pub const fn new(kept: &'a mut Kept<T>, journal: &'a Journal) -> Self {
        Self { kept, journal }
    }

    /// Change it; the change stands from the next commit on.
    #[inline]
    pub fn change(&mut self) -> &mut T {
        let epoch = self.journal.epoch();
        if self.kept.opened != epoch {
            self.kept.before = self.kept.live.clone();
            self.kept.before_sum = self.kept.sum;
            #[cfg(test)]
            crate::fake::crash_point();
            // The restarted program is the reader, on the same core: what counts is the order of the stores.
            compiler_fence(SeqCst);
            self.kept.opened = epoch;
            #[cfg(test)]
            crate::fake::crash_point();
            self.journal.note_change(epoch);
            compiler_fence(SeqCst);
        }
        &mut self.kept.live
    }

    /// Due before each commit.
    #[inline]
    pub fn seal(&mut self) {
        if self.kept.opened == self.journal.epoch() {
            self.kept.sum = checksum(&self.kept.live);
            #[cfg(test)]
            crate::fake::crash_point();
        }
    }
}

impl<T> Deref for Section<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.kept.live
    }
}

/// Finds every flip of one bit, and most others.
#[inline]
fn checksum<T: Stored>(content: &T) -> u64 {
    let (words, _) = content.as_bytes().as_chunks::<8>();
    words.iter().fold(0x6c61_7a61_7265_7421, |sum: u64, word| sum.rotate_right(1) ^ u64::from_le_bytes(*word))
}
