// SPDX-License-Identifier: MIT OR Apache-2.0
//! A part of a data region that is shared with a driver, and what is copied between it and the guest's buffers.

use crate::guest_map::RAM;
use crate::guest_ram::GuestRam;
use core::sync::atomic::AtomicU64;
use virtio::queue::Chain;

/// It is like the guest's RAM: others may change it at any moment.
pub struct Cell<'a> {
    memory: GuestRam<'a>,
    /// Where it is in the data region, in bytes.
    pub offset: u64,
}

impl<'a> Cell<'a> {
    /// So many bytes of a region from there on; none if the region does not have them all.
    pub fn new(region: &'a [AtomicU64], offset: u64, size: u64) -> Self {
        let words = (offset / 8) as usize..(offset.saturating_add(size) / 8) as usize;
        Self { memory: GuestRam::new(region.get(words).unwrap_or_default(), |_| {}), offset }
    }

    /// Copies `length` bytes that the guest writes, from this position of them on, to a place in the cell.
    pub fn fill(&mut self, mut at: u64, chain: &Chain, position: u64, length: u64, ram: &GuestRam<'_>) {
        for (address, count) in chain.to_read(position, length) {
            let _ = ram.copy(address.wrapping_sub(RAM), &mut self.memory, at, count);
            at = at.saturating_add(count);
        }
        #[cfg(test)]
        crate::fake::crash_point();
    }

    /// Zeros instead.
    pub fn zero(&mut self, at: u64, length: u64) {
        self.memory.zero(at, length);
    }

    /// Copies `length` bytes out of the cell to where the guest reads them, from this position on.
    pub fn empty(&self, mut at: u64, chain: &Chain, position: u64, length: u64, ram: &mut GuestRam<'_>) {
        for (address, count) in chain.to_write(position, length) {
            #[cfg(test)]
            crate::fake::crash_point();
            let _ = self.memory.copy(at, ram, address.wrapping_sub(RAM), count);
            at = at.saturating_add(count);
        }
        #[cfg(test)]
        crate::fake::crash_point();
    }
}
