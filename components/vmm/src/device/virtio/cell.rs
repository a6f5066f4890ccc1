// SPDX-License-Identifier: MIT OR Apache-2.0
//! A part of a data region that is shared with a driver, and what is copied between it and the guest's buffers.

use crate::guest_ram::GuestRam;
use core::sync::atomic::AtomicU64;
use virtio::queue::Chain;

/// Bytes that are copied at a time.
const PIECE: usize = 512;

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
    pub fn fill(&mut self, at: u64, chain: &Chain, position: u64, length: u64, ram: &GuestRam<'_>) {
        let mut piece = [0; PIECE];
        for (done, count) in pieces(length) {
            let Some(bytes) = piece.get_mut(..count) else { return };
            chain.read(position + done, bytes, ram);
            let _ = self.memory.write(at + done, bytes);
        }
        #[cfg(test)]
        crate::fake::crash_point();
    }

    /// Zeros instead.
    pub fn zero(&mut self, at: u64, length: u64) {
        self.memory.zero(at, length);
    }

    /// Copies `length` bytes out of the cell to where the guest reads them, from this position on.
    pub fn empty(&self, at: u64, chain: &Chain, position: u64, length: u64, ram: &mut GuestRam<'_>) {
        let mut piece = [0; PIECE];
        for (done, count) in pieces(length) {
            let Some(bytes) = piece.get_mut(..count) else { return };
            if !self.memory.read(at + done, bytes) {
                return;
            }
            chain.write(position + done, bytes, ram);
        }
    }
}

/// So many bytes, a piece at a time: where each begins and how long it is.
fn pieces(length: u64) -> impl Iterator<Item = (u64, usize)> {
    (0..length).step_by(PIECE).map(move |done| (done, (length - done).min(PIECE as u64) as usize))
}
