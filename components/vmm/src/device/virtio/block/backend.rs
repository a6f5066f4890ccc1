// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is behind a disk: a block driver's protection domain, by sDDF's layouts (`sddf-abi`).
//!
//! Data goes through cells of the shared region. Each request that is in flight has two of them and takes them in turn: a
//! VMM that dies between an answer and the commit finds what was read where it was, although the next request's data has
//! been laid out already.

use super::DEPTH;
use crate::guest_ram::GuestRam;
use core::sync::atomic::AtomicU64;
use sddf_abi::block::{BLOCK_SIZE, Description, InfoPage, Request, RequestQueue, Response, ResponseQueue};
use virtio::queue::Chain;

/// Cells of the data region.
const CELLS: usize = 2 * DEPTH;
/// Bytes that are copied at a time.
const PIECE: usize = 512;

/// The memory that is shared with the driver, and the way to signal to it.
#[derive(Clone, Copy)]
pub struct Backend<'a> {
    /// What the disk is.
    pub page: &'a InfoPage,
    /// What is asked of the driver.
    pub requests: &'a RequestQueue,
    /// What it has answered.
    pub responses: &'a ResponseQueue,
    /// What is read and written.
    pub data: &'a [AtomicU64],
    /// Tells the driver that there are requests.
    pub signal: fn(),
}

/// A cell: it is like the guest's RAM, others may change it at any moment.
pub struct Cell<'a> {
    memory: GuestRam<'a>,
    /// Where it is in the data region.
    pub offset: u64,
}

impl<'a> Backend<'a> {
    /// Whether the data region has a block for each cell.
    pub const fn has_room(&self) -> bool {
        self.cell_size() > 0
    }

    /// The disk, if there is one.
    pub fn disk(&self) -> Option<Description> {
        self.page.info.get()
    }

    /// Bytes of a cell: whole blocks, as many as a request can ask for.
    pub const fn cell_size(&self) -> u64 {
        let blocks = self.data.len() as u64 * 8 / CELLS as u64 / BLOCK_SIZE;
        let most = u16::MAX as u64;
        if blocks < most { blocks * BLOCK_SIZE } else { most * BLOCK_SIZE }
    }

    /// One of the two cells of a request in flight.
    pub fn cell(&self, request: usize, second: bool) -> Cell<'a> {
        let offset = (2 * request + usize::from(second)) as u64 * self.cell_size();
        let start = offset as usize / 8;
        let words = self.data.get(start..start + self.cell_size() as usize / 8).unwrap_or_default();
        Cell { memory: GuestRam::new(words, |_| {}), offset }
    }

    /// A request at this index of the queue, which the driver does not see yet. Whether there is room.
    pub fn put(&self, index: u32, request: &Request) -> bool {
        let has_room = self.requests.has_room(index);
        if has_room {
            self.requests.put(index, request);
        }
        has_room
    }

    /// The response at this index of the queue.
    pub fn get(&self, index: u32) -> Option<Response> {
        self.responses.get(index)
    }

    /// The driver sees the requests before `sent`.
    pub fn send(&self, sent: u32) {
        #[cfg(test)]
        crate::fake::crash_point();
        self.requests.publish(sent);
        #[cfg(test)]
        crate::fake::crash_point();
        (self.signal)();
    }

    /// The driver has the room of the responses before `taken`.
    pub fn consume(&self, taken: u32) {
        self.responses.consume(taken);
    }
}

impl Cell<'_> {
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
