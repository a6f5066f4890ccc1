// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which untyped memory an object is made from. Pure: it tracks what the kernel will do.

use heapless::Vec;
use sel4_abi::object::{MIN_UNTYPED_BITS, RETYPE_FAN_OUT_LIMIT};

use crate::Cause;

/// One untyped capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Untyped {
    slot: usize,
    paddr: u64,
    size_bits: usize,
    is_device: bool,
    /// Bytes from the start that are taken: the kernel's free index.
    used: u64,
}

impl Untyped {
    fn end(&self) -> u64 {
        self.paddr.saturating_add(1 << self.size_bits)
    }

    /// Where the next object of that size would lie.
    fn next(&self, size_bits: usize) -> u64 {
        (self.paddr + self.used).next_multiple_of(1 << size_bits)
    }

    fn room_for(&self, size_bits: usize) -> u64 {
        self.end().saturating_sub(self.next(size_bits)) >> size_bits
    }
}

/// Objects to make with one Retype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Slot of the untyped capability.
    pub untyped: usize,
    /// How many objects.
    pub count: u32,
}

/// Next step towards objects at one physical address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make an Untyped of this size, to move the kernel's free index forward; tell the pool of it.
    Pad {
        /// Slot of the untyped capability to cut from.
        untyped: usize,
        /// Size as a power of two.
        size_bits: usize,
    },
    /// Make the objects.
    Make(Chunk),
}

/// All untyped memory.
#[derive(Clone, Debug, Default)]
pub struct Pool<const N: usize> {
    untypeds: Vec<Untyped, N>,
}

impl<const N: usize> Pool<N> {
    /// None.
    pub const fn new() -> Self {
        Self { untypeds: Vec::new() }
    }

    /// Adds a capability; what does not fit is not used.
    pub fn add(&mut self, slot: usize, paddr: u64, size_bits: usize, is_device: bool) {
        let _ = self.untypeds.push(Untyped { slot, paddr, size_bits, is_device, used: 0 });
    }

    /// Bytes of memory, taken or not.
    pub fn memory(&self) -> u64 {
        self.untypeds.iter().filter(|untyped| !untyped.is_device).map(|untyped| 1 << untyped.size_bits).sum()
    }

    /// Is this address a device's?
    pub fn is_device(&self, paddr: u64) -> bool {
        let covers = |untyped: &&Untyped| (untyped.paddr..untyped.end()).contains(&paddr);
        self.untypeds.iter().find(covers).is_some_and(|untyped| untyped.is_device)
    }

    /// Memory for up to `count` objects anywhere: the smallest piece in which they fit, or else the one in which
    /// most of them do.
    pub fn anywhere(&mut self, size_bits: usize, count: u32) -> Result<Chunk, Cause> {
        let wanted = u64::from(count).min(RETYPE_FAN_OUT_LIMIT);
        let candidates = self.untypeds.iter_mut().filter(|untyped| !untyped.is_device);
        let best = candidates
            .map(|untyped| (untyped.room_for(size_bits), untyped))
            .filter(|(room, _)| *room > 0)
            .min_by_key(|(room, _)| if *room >= wanted { (0, *room) } else { (1, u64::MAX - room) });
        let (room, untyped) = best.ok_or(Cause::OutOfMemory { size_bits })?;
        let count = wanted.min(room);
        untyped.used = untyped.next(size_bits) - untyped.paddr + (count << size_bits);
        Ok(Chunk { untyped: untyped.slot, count: count as u32 })
    }

    /// The next step towards up to `count` objects at `paddr`. Ask in ascending order of addresses, and before
    /// anything [`Pool::anywhere`].
    pub fn at(&mut self, paddr: u64, size_bits: usize, count: u32, pad_slot: usize) -> Result<Step, Cause> {
        let fail = Cause::NoMemoryAt { paddr };
        let covers = |untyped: &&mut Untyped| untyped.paddr + untyped.used <= paddr && paddr < untyped.end();
        let untyped = self.untypeds.iter_mut().find(covers).ok_or(fail)?;
        let free = untyped.paddr + untyped.used;
        if free < paddr {
            let size_bits = (free.trailing_zeros()).min((paddr - free).ilog2()) as usize;
            if size_bits < MIN_UNTYPED_BITS {
                return Err(fail);
            }
            untyped.used += 1 << size_bits;
            let (slot, is_device) = (untyped.slot, untyped.is_device);
            self.add(pad_slot, free, size_bits, is_device);
            return Ok(Step::Pad { untyped: slot, size_bits });
        }
        let count = untyped.room_for(size_bits).min(u64::from(count)).min(RETYPE_FAN_OUT_LIMIT);
        if count == 0 || !paddr.is_multiple_of(1 << size_bits) {
            return Err(fail);
        }
        untyped.used += count << size_bits;
        Ok(Step::Make(Chunk { untyped: untyped.slot, count: count as u32 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(untypeds: &[(u64, usize, bool)]) -> Pool<64> {
        let mut pool = Pool::new();
        for (index, &(paddr, size_bits, is_device)) in untypeds.iter().enumerate() {
            pool.add(index, paddr, size_bits, is_device);
        }
        pool
    }

    #[test]
    fn the_smallest_piece_that_fits_is_taken() {
        let mut pool = pool(&[(0x4000_0000, 24, false), (0x900_0000, 12, true), (0x5000_0000, 13, false)]);
        assert_eq!(pool.anywhere(12, 1), Ok(Chunk { untyped: 2, count: 1 }));
        assert_eq!(pool.anywhere(12, 2), Ok(Chunk { untyped: 0, count: 2 }));
        assert_eq!(pool.anywhere(12, 9999), Ok(Chunk { untyped: 0, count: 256 }));
        assert_eq!(pool.anywhere(25, 1), Err(Cause::OutOfMemory { size_bits: 25 }));
    }

    #[test]
    fn alignment_is_the_kernels() {
        let mut pool = pool(&[(0x4000_0000, 22, false)]);
        assert_eq!(pool.anywhere(12, 1).unwrap().count, 1);
        assert_eq!(pool.anywhere(21, 2).unwrap().count, 1);
        assert_eq!(pool.anywhere(12, 1), Err(Cause::OutOfMemory { size_bits: 12 }));
    }

    #[test]
    fn pads_lead_to_an_address() {
        let mut pool = pool(&[(0, 27, true)]);
        let mut pads = [0usize; 64];
        let mut count = 0;
        loop {
            match pool.at(0x804_0000, 12, 2, 100 + count) {
                Ok(Step::Pad { untyped, size_bits }) => {
                    assert_eq!(untyped, 0);
                    pads[count] = size_bits;
                    count += 1;
                }
                other => {
                    assert_eq!(other, Err(Cause::NoMemoryAt { paddr: 0x804_0000 }));
                    break;
                }
            }
        }
        assert_eq!(count, 0);
        assert_eq!(pool.at(0x704_0000, 12, 2, 100), Ok(Step::Pad { untyped: 0, size_bits: 26 }));
        assert_eq!(pool.at(0x704_0000, 12, 2, 101), Ok(Step::Pad { untyped: 0, size_bits: 25 }));
        assert_eq!(pool.at(0x704_0000, 12, 2, 102), Ok(Step::Pad { untyped: 0, size_bits: 24 }));
        assert_eq!(pool.at(0x704_0000, 12, 2, 103), Ok(Step::Pad { untyped: 0, size_bits: 18 }));
        assert_eq!(pool.at(0x704_0000, 12, 2, 104), Ok(Step::Make(Chunk { untyped: 0, count: 2 })));
        assert_eq!(pool.at(0x704_1000, 12, 1, 104), Err(Cause::NoMemoryAt { paddr: 0x704_1000 }));
    }

    #[test]
    fn pads_of_memory_are_used_again() {
        let mut pool = pool(&[(0x4000_0000, 22, false)]);
        assert_eq!(pool.at(0x4020_0000, 21, 1, 7), Ok(Step::Pad { untyped: 0, size_bits: 21 }));
        assert_eq!(pool.at(0x4020_0000, 21, 1, 8), Ok(Step::Make(Chunk { untyped: 0, count: 1 })));
        assert_eq!(pool.anywhere(12, 3), Ok(Chunk { untyped: 7, count: 3 }));
    }
}
