// SPDX-License-Identifier: MIT OR Apache-2.0
//! An Ethernet frame in memory that somebody else may write meanwhile.
//!
//! Its first two words, with both addresses, are read once. This copy is what is judged, and what is sent on. The rest is
//! nobody's business here: it is read anew for each of those who get it, and whoever changes it meanwhile sends something
//! else.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sddf_abi::net::{ADDRESS_LENGTH, BUFFER_SIZE, FRAME_LENGTH, HEADER_LENGTH};

use crate::address::Address;

/// Bytes of a word.
const WORD: u64 = size_of::<u64>() as u64;
/// Words of a buffer.
pub const BUFFER_WORDS: usize = (BUFFER_SIZE / WORD) as usize;
/// Words that are read once: an Ethernet header and two bytes more.
const HEAD_WORDS: usize = 2;

const _: () = assert!(HEAD_WORDS == HEADER_LENGTH.div_ceil(WORD) as usize);

/// A frame of a length that frames have.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    head: [u64; HEAD_WORDS],
    rest: &'a [AtomicU64],
    length: u16,
}

impl<'a> Frame<'a> {
    /// The frame at the start of these words; none if it is too short, too long or not all there.
    pub fn new(words: &'a [AtomicU64], length: u16) -> Option<Self> {
        if !(HEADER_LENGTH..=FRAME_LENGTH).contains(&length.into()) {
            return None;
        }
        let words = words.get(..u64::from(length).div_ceil(WORD) as usize)?;
        let (head, rest) = words.split_first_chunk::<HEAD_WORDS>()?;
        Some(Self { head: head.each_ref().map(|word| word.load(Relaxed)), rest, length })
    }

    /// Bytes.
    pub fn length(&self) -> u16 {
        self.length
    }

    /// Who is to have it.
    pub fn destination(&self) -> Address {
        self.address(0)
    }

    /// Who says that it is from them.
    pub fn source(&self) -> Address {
        self.address(ADDRESS_LENGTH)
    }

    /// Writes what is sent on, as far as there is room: whole words, of which nothing behind the frame is anything but zero.
    pub fn write(&self, to: &[AtomicU64]) {
        let last = usize::from(self.length - 1) / WORD as usize;
        to.iter().zip(self.head).for_each(|(place, word)| place.store(word, Relaxed));
        let rest = to.iter().skip(HEAD_WORDS).zip(self.rest);
        rest.for_each(|(place, word)| place.store(word.load(Relaxed), Relaxed));
        if let Some(place) = to.get(last) {
            // The same word that was written just now, whoever changes it meanwhile.
            place.store(first_bytes(place.load(Relaxed), u64::from(self.length) - last as u64 * WORD), Relaxed);
        }
    }

    /// What is sent on.
    #[cfg(test)]
    pub fn words(&self) -> Vec<u64> {
        let buffer = [const { AtomicU64::new(u64::MAX) }; BUFFER_WORDS];
        self.write(&buffer);
        let (sent, rest) = buffer.split_at(usize::from(self.length).div_ceil(WORD as usize));
        assert!(rest.iter().all(|word| word.load(Relaxed) == u64::MAX));
        sent.iter().map(|word| word.load(Relaxed)).collect()
    }

    fn address(&self, at: usize) -> Address {
        let bytes = self.head.iter().flat_map(|word| word.to_ne_bytes());
        let mut address = [0; ADDRESS_LENGTH];
        address.iter_mut().zip(bytes.skip(at)).for_each(|(place, byte)| *place = byte);
        address
    }
}

/// A word without what is behind so many bytes of it.
fn first_bytes(word: u64, bytes: u64) -> u64 {
    let mut kept = word.to_ne_bytes();
    kept.iter_mut().skip(bytes.min(WORD) as usize).for_each(|byte| *byte = 0);
    u64::from_ne_bytes(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer() -> Vec<AtomicU64> {
        let bytes: Vec<u8> = (0..BUFFER_SIZE).map(|n| n as u8 | 1).collect();
        bytes.chunks(8).map(|word| AtomicU64::new(u64::from_ne_bytes(word.try_into().unwrap()))).collect()
    }

    #[test]
    fn a_frame_has_a_frame_s_length() {
        let buffer = buffer();
        let is_frame = |length| Frame::new(&buffer, length).is_some();
        assert!(is_frame(14) && is_frame(1518));
        assert!(!is_frame(0) && !is_frame(13) && !is_frame(1519) && !is_frame(u16::MAX));
        assert!(Frame::new(&buffer[..3], 24).is_some() && Frame::new(&buffer[..3], 25).is_none());
    }

    #[test]
    fn nothing_behind_a_frame_goes_with_it() {
        let buffer = buffer();
        for length in 14..=1518 {
            let frame = Frame::new(&buffer, length).unwrap();
            let bytes: Vec<u8> = frame.words().into_iter().flat_map(u64::to_ne_bytes).collect();
            assert_eq!(bytes.len(), usize::from(length).next_multiple_of(8));
            let is_right = |(n, byte): (usize, &u8)| *byte == if n < length.into() { n as u8 | 1 } else { 0 };
            assert!(bytes.iter().enumerate().all(is_right), "{length}");
        }
    }

    #[test]
    fn what_was_judged_is_what_goes_on() {
        let buffer = buffer();
        let frame = Frame::new(&buffer, 32).unwrap();
        buffer.iter().for_each(|word| word.store(0, Relaxed));
        assert_eq!((frame.destination(), frame.source()), ([1, 1, 3, 3, 5, 5], [7, 7, 9, 9, 11, 11]));
        let words = frame.words();
        assert_eq!(words[0].to_ne_bytes(), [1, 1, 3, 3, 5, 5, 7, 7]);
        assert_eq!((words[1].to_ne_bytes(), words[2..].to_vec()), ([9, 9, 11, 11, 13, 13, 15, 15], vec![0, 0]));
    }
}
