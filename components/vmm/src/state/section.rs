// SPDX-License-Identifier: MIT OR Apache-2.0
//! A part of the state that changes as a whole or not at all.

use super::{Damaged, Journal, Sections};
use core::ops::Deref;
use core::sync::atomic::{Ordering::SeqCst, compiler_fence};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What a section holds: whole words, in which every value means something.
pub trait Content: FromBytes + IntoBytes + Immutable + KnownLayout + Clone {
    /// For the message that says that it is damaged.
    const NAME: &'static str;

    /// As it is in a VM that was never started.
    fn new() -> Self;
}

/// A section in memory: as it is, and as it was before the exit that is being handled. It may be of any size.
#[derive(FromBytes, KnownLayout)]
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub struct Stored<T> {
    /// The epoch in which `before` was taken; 0 is none.
    opened: u64,
    sum: u64,
    before_sum: u64,
    live: T,
    before: T,
}

impl<T: Content> Stored<T> {
    const WORDS: () = assert!(size_of::<T>().is_multiple_of(8) && align_of::<T>() <= 8, "whole words");

    #[cfg(test)]
    pub(crate) fn live(&self) -> &T {
        &self.live
    }
}

impl<T: Content> Sections for Stored<T> {
    fn new() -> Self {
        let () = Self::WORDS;
        let content = T::new();
        let sum = checksum(&content);
        Self { opened: 0, sum, before_sum: sum, before: content.clone(), live: content }
    }

    fn roll_back(&mut self, epoch: u64) -> Result<(), Damaged> {
        if self.opened == epoch {
            self.live = self.before.clone();
            self.sum = self.before_sum;
            compiler_fence(SeqCst);
            self.opened = 0;
        }
        if checksum(&self.live) == self.sum { Ok(()) } else { Err(Damaged::Section(T::NAME)) }
    }

    #[cfg(any(test, feature = "fake"))]
    fn visit(&mut self, each: &mut dyn FnMut(&'static str, &mut [u8])) {
        each(T::NAME, self.live.as_mut_bytes());
    }
}

/// The way to a section: read it freely, change it through [`Section::change`].
pub struct Section<'a, T> {
    stored: &'a mut Stored<T>,
    journal: &'a Journal,
}

impl<'a, T: Content> Section<'a, T> {
    /// Of this memory and journal.
    pub const fn new(stored: &'a mut Stored<T>, journal: &'a Journal) -> Self {
        Self { stored, journal }
    }

    /// Change it; the change stands from the next commit on.
    #[inline]
    pub fn change(&mut self) -> &mut T {
        let epoch = self.journal.epoch();
        if self.stored.opened != epoch {
            self.stored.before = self.stored.live.clone();
            self.stored.before_sum = self.stored.sum;
            #[cfg(test)]
            crate::fake::crash_point();
            // The restarted program is the reader, on the same core: what counts is the order of the stores.
            compiler_fence(SeqCst);
            self.stored.opened = epoch;
            #[cfg(test)]
            crate::fake::crash_point();
            self.journal.note_change(epoch);
            compiler_fence(SeqCst);
        }
        &mut self.stored.live
    }

    /// Due before each commit.
    #[inline]
    pub fn update_checksum(&mut self) {
        if self.stored.opened == self.journal.epoch() {
            self.stored.sum = checksum(&self.stored.live);
            #[cfg(test)]
            crate::fake::crash_point();
        }
    }
}

impl<T> Deref for Section<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.stored.live
    }
}

/// Finds every flip of one bit, and most others.
#[inline]
fn checksum<T: Content>(content: &T) -> u64 {
    let (words, _) = content.as_bytes().as_chunks::<8>();
    words.iter().fold(0x6c61_7a61_7265_7421, |sum: u64, word| sum.rotate_right(1) ^ u64::from_le_bytes(*word))
}
