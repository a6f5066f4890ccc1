// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sets of physical memory: what is free at boot, and how it becomes untyped memory.

use core::ops::Range;
use heapless::Vec;

/// Ranges that a set can hold.
const MAX_REGIONS: usize = 32;

/// Disjoint ranges in order of address, never touching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions(Vec<Range<u64>, MAX_REGIONS>);

/// The set would need more ranges than it can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Regions {
    /// Nothing.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The ranges.
    pub fn iter(&self) -> impl Iterator<Item = Range<u64>> {
        self.0.iter().cloned()
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.iter().map(|r| r.end - r.start).sum()
    }

    /// Is all of this range in the set?
    pub fn contains(&self, range: &Range<u64>) -> bool {
        self.iter().any(|r| r.start <= range.start && range.end <= r.end)
    }

    /// One past the last byte; 0 of nothing.
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |r| r.end)
    }

    /// Adds a range, joined with what it touches.
    pub fn add(&mut self, range: Range<u64>) -> Result<(), TooMany> {
        if range.is_empty() {
            return Ok(());
        }
        let touches = |r: &Range<u64>| r.start <= range.end && range.start <= r.end;
        let joined = self
            .0
            .iter()
            .filter(|r| touches(r))
            .fold(range.clone(), |all, r| all.start.min(r.start)..all.end.max(r.end));
        self.0.retain(|r| !touches(r));
        let at = self.0.iter().take_while(|r| r.start < joined.start).count();
        self.0.insert(at, joined).map_err(|_| TooMany)
    }

    /// Removes a range.
    pub fn remove(&mut self, range: Range<u64>) -> Result<(), TooMany> {
        let old = core::mem::take(self);
        for r in old.iter() {
            let below = r.start..r.end.min(range.start);
            let above = r.start.max(range.end)..r.end;
            for part in [below, above] {
                if !part.is_empty() {
                    self.0.push(part).map_err(|_| TooMany)?;
                }
            }
        }
        Ok(())
    }

    /// Takes `2^bits` bytes, aligned to their size, from as high as possible.
    pub fn allocate(&mut self, bits: u8) -> Option<u64> {
        let size = 1 << bits;
        let fits = |r: &Range<u64>| {
            let start = r.end.checked_sub(size)? & !(size - 1);
            (start >= r.start).then_some(start)
        };
        let start = self.iter().rev_find_map(fits)?;
        self.remove(start..start + size).ok()?;
        Some(start)
    }

    /// Calls `give` with address and size of pieces as large as alignment and `max_bits` allow, in order of address.
    /// What is not a multiple of `2^min_bits` is left out.
    pub fn carve(&self, min_bits: u8, max_bits: u8, mut give: impl FnMut(u64, u8)) {
        for range in self.iter() {
            let mask = (1 << min_bits) - 1;
            let (mut at, end) = ((range.start + mask) & !mask, range.end & !mask);
            while at < end {
                let by_size = 63 - (end - at).leading_zeros() as u8;
                let bits = by_size.min(at.trailing_zeros() as u8).min(max_bits);
                give(at, bits);
                at += 1 << bits;
            }
        }
    }
}

/// The last item for which `f` has an answer.
trait RevFindMap: Iterator + Sized {
    fn rev_find_map<T>(self, f: impl Fn(&Self::Item) -> Option<T>) -> Option<T> {
        self.fold(None, |last, item| f(&item).or(last))
    }
}
impl<I: Iterator> RevFindMap for I {}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "sets of one range")]
mod tests {
    use super::*;

    fn set(ranges: &[Range<u64>]) -> Regions {
        let mut set = Regions::new();
        ranges.iter().for_each(|r| set.add(r.clone()).unwrap());
        set
    }

    #[test]
    fn adds_in_order_and_joins() {
        let regions = set(&[0x3000..0x4000, 0x1000..0x2000, 0x2000..0x3000, 0x8000..0x9000, 5..5]);
        assert_eq!(regions, set(&[0x1000..0x4000, 0x8000..0x9000]));
        assert_eq!(regions.size(), 0x4000);
        assert_eq!(regions.end(), 0x9000);
    }

    #[test]
    fn removes_from_the_middle_and_the_ends() {
        let mut regions = set(&[0x1000..0x9000]);
        regions.remove(0x3000..0x4000).unwrap();
        regions.remove(0..0x2000).unwrap();
        regions.remove(0x8000..0x20000).unwrap();
        assert_eq!(regions, set(&[0x2000..0x3000, 0x4000..0x8000]));
    }

    #[test]
    fn allocates_aligned_from_the_top() {
        let mut regions = set(&[0x1000..0x3800, 0x10000..0x10800]);
        assert_eq!(regions.allocate(12), Some(0x2000));
        assert_eq!(regions.allocate(11), Some(0x10000));
        assert_eq!(regions.allocate(11), Some(0x3000));
        assert_eq!(regions.allocate(13), None);
        assert_eq!(regions, set(&[0x1000..0x2000]));
    }

    #[test]
    fn carves_all_of_it_into_aligned_pieces() {
        let regions = set(&[0x0..0x4000_0000, 0xc000_0000..1 << 44]);
        let mut covered = Regions::new();
        let mut pieces = 0;
        regions.carve(12, 47, |at, bits| {
            assert_eq!(at % (1 << bits), 0);
            covered.add(at..at + (1 << bits)).unwrap();
            pieces += 1;
        });
        assert_eq!(covered, regions);
        assert!(pieces < 20);
    }

    #[test]
    fn carving_leaves_fractions_of_pages() {
        let mut pieces = std::vec::Vec::new();
        set(&[0x1800..0x5800]).carve(12, 13, |at, bits| pieces.push((at, bits)));
        assert_eq!(pieces, [(0x2000, 13), (0x4000, 12)]);
    }

    #[test]
    fn says_when_it_is_full() {
        let mut regions = Regions::new();
        let result = (0..MAX_REGIONS as u64 + 1).try_for_each(|n| regions.add(n * 0x2000..n * 0x2000 + 0x1000));
        assert_eq!(result, Err(TooMany));
    }
}
