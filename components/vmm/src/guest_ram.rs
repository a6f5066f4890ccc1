// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guest RAM, seen from the VMM.
//!
//! The guest may write it at any moment, so it is a slice of atomics and never a `&[u8]`. Offsets are from the
//! start of RAM and are checked; an access that does not fit does nothing and says so. A guest starts with its caches
//! off and sees memory itself, so what is written is cleaned to there.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// All of a guest's RAM.
#[derive(Clone, Copy)]
pub struct GuestRam<'a> {
    words: &'a [AtomicU64],
    clean: fn(&[AtomicU64]),
}

impl<'a> GuestRam<'a> {
    /// Wrap the memory that the manifest maps; `clean` cleans a part of it to memory.
    pub const fn new(words: &'a [AtomicU64], clean: fn(&[AtomicU64])) -> Self {
        Self { words, clean }
    }

    /// Bytes.
    pub const fn size(&self) -> u64 {
        self.words.len() as u64 * 8
    }

    /// Bring to memory what the last guest has left in caches: the next one starts with its caches off, and a line that
    /// is written back later would overwrite what it has written. User level does it, so interrupts come as ever.
    pub fn clean_all(&mut self) {
        (self.clean)(self.words);
    }

    /// Copy in; false if it does not fit.
    #[must_use]
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> bool {
        let Some(start) = self.range(offset, bytes.len() as u64) else { return false };
        let mut at = start;
        let (head, middle) = bytes.split_at(bytes.len().min(at.wrapping_neg() % 8));
        at = self.write_bytes(at, head);
        let (chunks, tail) = middle.as_chunks::<8>();
        for (word, chunk) in self.words[at / 8..].iter().zip(chunks) {
            word.store(u64::from_le_bytes(*chunk), Relaxed);
        }
        at = self.write_bytes(at + 8 * chunks.len(), tail);
        (self.clean)(&self.words[start / 8..at.div_ceil(8)]);
        true
    }

    /// Fill with zeroes as far as there is memory.
    pub fn zero(&mut self, offset: u64, length: u64) {
        let end = offset.saturating_add(length).min(self.size());
        let mut at = offset;
        while at < end {
            if at.is_multiple_of(8) && end - at >= 8 {
                self.words[at as usize / 8].store(0, Relaxed);
                at += 8;
            } else {
                self.write_bytes(at as usize, &[0]);
                at += 1;
            }
        }
        if offset < end {
            (self.clean)(&self.words[offset as usize / 8..end.div_ceil(8) as usize]);
        }
    }

    /// Copy out; false if it does not fit.
    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> bool {
        let Some(mut at) = self.range(offset, bytes.len() as u64) else { return false };
        let (head, middle) = bytes.split_at_mut(bytes.len().min(at.wrapping_neg() % 8));
        at = self.read_bytes(at, head);
        let (chunks, tail) = middle.as_chunks_mut::<8>();
        for (chunk, word) in chunks.iter_mut().zip(&self.words[at / 8..]) {
            *chunk = word.load(Relaxed).to_le_bytes();
        }
        self.read_bytes(at + 8 * chunks.len(), tail);
        true
    }

    /// Copy from here to there, whatever the alignment of both; false if it does not fit.
    #[must_use]
    pub fn copy(&self, from: u64, to: &mut GuestRam<'_>, at: u64, length: u64) -> bool {
        let (Some(from), Some(at)) = (self.range(from, length), to.range(at, length)) else { return false };
        let (length, head) = (length as usize, (length as usize).min(at.wrapping_neg() % 8));
        self.copy_bytes(from, to, at, head);
        let words = (length - head) / 8;
        self.copy_words(from + head, &to.words[(at + head) / 8..][..words]);
        let done = head + 8 * words;
        self.copy_bytes(from + done, to, at + done, length - done);
        (to.clean)(&to.words[at / 8..(at + length).div_ceil(8)]);
        true
    }

    /// Fewer than eight.
    fn copy_bytes(&self, from: usize, to: &mut GuestRam<'_>, at: usize, count: usize) {
        let mut bytes = [0; 8];
        self.read_bytes(from, &mut bytes[..count]);
        to.write_bytes(at, &bytes[..count]);
    }

    /// Whole words, each of which may lie in two here.
    fn copy_words(&self, from: usize, to: &[AtomicU64]) {
        let (Some(source), shift) = (self.words.get(from / 8..), 8 * (from % 8)) else { return };
        if shift == 0 {
            return to.iter().zip(source).for_each(|(to, from)| to.store(from.load(Relaxed), Relaxed));
        }
        let Some((first, source)) = source.split_first() else { return };
        let mut low = first.load(Relaxed).to_le();
        for (to, from) in to.iter().zip(source) {
            let high = from.load(Relaxed).to_le();
            to.store((low >> shift | high << (64 - shift)).to_le(), Relaxed);
            low = high;
        }
    }

    fn range(&self, offset: u64, length: u64) -> Option<usize> {
        let end = offset.checked_add(length)?;
        (end <= self.size()).then_some(offset as usize)
    }

    /// Within words; the position after the last byte.
    fn read_bytes(&self, at: usize, bytes: &mut [u8]) -> usize {
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = self.words[(at + n) / 8].load(Relaxed).to_le_bytes()[(at + n) % 8];
        }
        at + bytes.len()
    }

    /// Within words; the position after the last byte.
    fn write_bytes(&mut self, at: usize, bytes: &[u8]) -> usize {
        for (n, byte) in bytes.iter().enumerate() {
            let word = &self.words[(at + n) / 8];
            let mut value = word.load(Relaxed).to_le_bytes();
            value[(at + n) % 8] = *byte;
            word.store(u64::from_le_bytes(value), Relaxed);
        }
        at + bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn behaves_like_bytes(steps in proptest::collection::vec((0u64..80, proptest::collection::vec(any::<u8>(), 0..40), any::<bool>()), 0..30)) {
            let memory: Vec<AtomicU64> = (0..8).map(|_| AtomicU64::new(0)).collect();
            let (mut ram, mut model) = (GuestRam::new(&memory, |_| {}), vec![0u8; 64]);
            for (offset, bytes, zero) in steps {
                let end = offset as usize + bytes.len();
                if zero {
                    ram.zero(offset, bytes.len() as u64);
                    (offset as usize..end.min(64)).for_each(|n| model[n] = 0);
                } else {
                    prop_assert_eq!(ram.write(offset, &bytes), end <= 64);
                    if end <= 64 { model[offset as usize..end].copy_from_slice(&bytes); }
                }
                let mut seen = vec![0; 64];
                prop_assert!(ram.read(0, &mut seen));
                prop_assert_eq!(&seen, &model);
            }
        }
    }

    proptest! {
        #[test]
        fn copies_like_bytes(from in 0u64..70, at in 0u64..70, length in 0u64..70) {
            let words = |seed: u64| -> Vec<AtomicU64> {
                (0..8).map(|n| AtomicU64::new((seed + n).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect()
            };
            let (source, target) = (words(1), words(100));
            let (source, mut target) = (GuestRam::new(&source, |_| {}), GuestRam::new(&target, |_| {}));
            let bytes = |ram: &GuestRam<'_>| {
                let mut bytes = vec![0; 64];
                assert!(ram.read(0, &mut bytes));
                bytes
            };
            let mut model = bytes(&target);
            let fits = from + length <= 64 && at + length <= 64;
            if fits {
                model[at as usize..][..length as usize].copy_from_slice(&bytes(&source)[from as usize..][..length as usize]);
            }
            prop_assert_eq!(source.copy(from, &mut target, at, length), fits);
            prop_assert_eq!(bytes(&target), model);
        }
    }

    #[test]
    fn offsets_do_not_wrap() {
        let memory = [const { AtomicU64::new(0) }; 2];
        let mut ram = GuestRam::new(&memory, |_| {});
        assert!(!ram.write(u64::MAX, b"ab") && !ram.read(u64::MAX - 1, &mut [0; 4]));
        ram.zero(u64::MAX - 1, 10);
    }
}
