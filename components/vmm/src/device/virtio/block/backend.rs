// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is behind a disk: a block driver's protection domain, by sDDF's layouts (`sddf-abi`).
//!
//! Data goes through cells of the shared region. Each request that is in flight has two of them and takes them in turn: a
//! VMM that dies between an answer and the commit finds what was read where it was, although the next request's data has
//! been laid out already.

use super::DEPTH;
use crate::device::virtio::cell::Cell;
use core::sync::atomic::AtomicU64;
use sddf_abi::block::{BLOCK_SIZE, Description, InfoPage, Request, RequestQueue, Response, ResponseQueue};

/// Cells of the data region.
const CELLS: usize = 2 * DEPTH;

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
        Cell::new(self.data, offset, self.cell_size())
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
