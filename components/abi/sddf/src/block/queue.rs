// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two queues.

use super::{CAPACITY, Request, Response};
use core::mem::offset_of;
use core::sync::atomic::{
    AtomicU8, AtomicU16, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// `struct blk_req`.
#[derive(Debug)]
#[repr(C)]
struct RequestSlot {
    code: AtomicU32,
    offset: AtomicU64,
    block: AtomicU64,
    count: AtomicU16,
    id: AtomicU32,
}

/// `struct blk_req_queue`: the client moves the tail, the server the head.
#[derive(Debug)]
#[repr(C)]
pub struct RequestQueue {
    head: AtomicU32,
    tail: AtomicU32,
    /// Not 0: the client wants the server to wait, for more will come.
    plugged: AtomicU8,
    slots: [RequestSlot; CAPACITY as usize],
}

/// `struct blk_resp`.
#[derive(Debug)]
#[repr(C)]
struct ResponseSlot {
    status: AtomicU32,
    count: AtomicU16,
    id: AtomicU32,
}

/// `struct blk_resp_queue`: the server moves the tail, the client the head.
#[derive(Debug)]
#[repr(C)]
pub struct ResponseQueue {
    head: AtomicU32,
    tail: AtomicU32,
    slots: [ResponseSlot; CAPACITY as usize],
}

const _: () = {
    assert!(CAPACITY.is_power_of_two());
    assert!(size_of::<RequestSlot>() == 32 && size_of::<ResponseSlot>() == 12);
    assert!(offset_of!(RequestSlot, offset) == 8 && offset_of!(RequestSlot, block) == 16);
    assert!(offset_of!(RequestSlot, count) == 24 && offset_of!(RequestSlot, id) == 28);
    assert!(offset_of!(ResponseSlot, count) == 4 && offset_of!(ResponseSlot, id) == 8);
    assert!(offset_of!(RequestQueue, plugged) == 8 && offset_of!(RequestQueue, slots) == 16);
    assert!(offset_of!(ResponseQueue, slots) == 8);
};

const fn slot(index: u32) -> usize {
    (index % CAPACITY) as usize
}

/// How many entries there are from `head` on; none if the other side's index cannot be right.
const fn entries(head: u32, tail: u32) -> u32 {
    let entries = tail.wrapping_sub(head);
    if entries > CAPACITY { 0 } else { entries }
}

impl RequestQueue {
    /// An empty queue. All zeros is the same.
    pub const fn new() -> Self {
        #[allow(clippy::declare_interior_mutable_const, reason = "each use of it is a slot of its own")]
        const EMPTY: RequestSlot = RequestSlot {
            code: AtomicU32::new(0),
            offset: AtomicU64::new(0),
            block: AtomicU64::new(0),
            count: AtomicU16::new(0),
            id: AtomicU32::new(0),
        };
        Self {
            head: AtomicU32::new(0),
            tail: AtomicU32::new(0),
            plugged: AtomicU8::new(0),
            slots: [const { EMPTY }; CAPACITY as usize],
        }
    }

    /// The client's: whether there is room at this index.
    pub fn has_room(&self, tail: u32) -> bool {
        tail.wrapping_sub(self.head.load(Acquire)) < CAPACITY
    }

    /// The client's: a request at this index, where there is room; the server does not see it yet.
    pub fn put(&self, tail: u32, request: &Request) {
        let Some(cell) = self.slots.get(slot(tail)) else { return };
        cell.code.store(request.code, Relaxed);
        cell.offset.store(request.offset, Relaxed);
        cell.block.store(request.block, Relaxed);
        cell.count.store(request.count, Relaxed);
        cell.id.store(request.id, Relaxed);
    }

    /// The client's: the server may have the requests before this index. It may be done again.
    pub fn publish(&self, tail: u32) {
        self.tail.store(tail, Release);
    }

    /// Where the client is: what it published last.
    pub fn tail(&self) -> u32 {
        self.tail.load(Acquire)
    }

    /// Where the server is.
    pub fn head(&self) -> u32 {
        self.head.load(Acquire)
    }

    /// The server's: the request at the head, if there is one, which stays there.
    pub fn first(&self) -> Option<Request> {
        let head = self.head.load(Relaxed);
        if self.plugged.load(Relaxed) != 0 || entries(head, self.tail.load(Acquire)) == 0 {
            return None;
        }
        let cell = self.slots.get(slot(head))?;
        Some(Request {
            code: cell.code.load(Relaxed),
            offset: cell.offset.load(Relaxed),
            block: cell.block.load(Relaxed),
            count: cell.count.load(Relaxed),
            id: cell.id.load(Relaxed),
        })
    }

    /// The server's: the requests before this index are done with.
    pub fn consume(&self, head: u32) {
        self.head.store(head, Release);
    }
}

impl ResponseQueue {
    /// An empty queue. All zeros is the same.
    pub const fn new() -> Self {
        #[allow(clippy::declare_interior_mutable_const, reason = "each use of it is a slot of its own")]
        const EMPTY: ResponseSlot =
            ResponseSlot { status: AtomicU32::new(0), count: AtomicU16::new(0), id: AtomicU32::new(0) };
        Self { head: AtomicU32::new(0), tail: AtomicU32::new(0), slots: [const { EMPTY }; CAPACITY as usize] }
    }

    /// The server's: whether there is room for one more.
    pub fn has_room(&self) -> bool {
        self.tail.load(Relaxed).wrapping_sub(self.head.load(Acquire)) < CAPACITY
    }

    /// The server's: a response at the tail; the client does not see it yet.
    pub fn put(&self, response: &Response) {
        let Some(cell) = self.slots.get(slot(self.tail.load(Relaxed))) else { return };
        cell.status.store(response.status, Relaxed);
        cell.count.store(response.count, Relaxed);
        cell.id.store(response.id, Relaxed);
    }

    /// The server's: the client may have the responses before this index.
    pub fn publish(&self, tail: u32) {
        self.tail.store(tail, Release);
    }

    /// Where the server is.
    pub fn tail(&self) -> u32 {
        self.tail.load(Acquire)
    }

    /// The client's: the response at this index, if there is one.
    pub fn get(&self, head: u32) -> Option<Response> {
        if entries(head, self.tail.load(Acquire)) == 0 {
            return None;
        }
        let cell = self.slots.get(slot(head))?;
        Some(Response { status: cell.status.load(Relaxed), count: cell.count.load(Relaxed), id: cell.id.load(Relaxed) })
    }

    /// The client's: the responses before this index are done with. It may be done again.
    pub fn consume(&self, head: u32) {
        self.head.store(head, Release);
    }
}

impl Default for RequestQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for ResponseQueue {
    fn default() -> Self {
        Self::new()
    }
}
