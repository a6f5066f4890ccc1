// SPDX-License-Identifier: MIT OR Apache-2.0
//! A block driver's protection domain, and what it shares with a VMM.

use crate::device::virtio::block::Backend;
use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use sddf_abi::block::{
    BLOCK_SIZE, CAPACITY, Code, Description, InfoPage, RequestQueue, Response, ResponseQueue, Status,
};
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

/// A disk of a few blocks, and its driver, which works when it is told to.
pub struct FakeDisk {
    page: Box<InfoPage>,
    requests: Box<RequestQueue>,
    responses: Box<ResponseQueue>,
    data: Vec<AtomicU64>,
    /// What is on the disk.
    pub contents: RefCell<Vec<u8>>,
    /// Requests ever served.
    pub served: Cell<u32>,
    /// Of all that was ever written, in that order.
    pub digest: Cell<u64>,
    /// It answers everything with an error.
    pub is_broken: Cell<bool>,
}

impl FakeDisk {
    /// So many blocks, of which each byte tells its sector; a cell of the data region is `cell` blocks.
    pub fn new(blocks: u64, cell: u64, is_read_only: bool) -> Self {
        let disk = Self {
            page: Box::default(),
            requests: Box::default(),
            responses: Box::default(),
            data: words(8 * cell * BLOCK_SIZE),
            contents: RefCell::new((0..blocks * BLOCK_SIZE).map(|byte| (byte / 512) as u8).collect()),
            served: Cell::new(0),
            digest: Cell::new(0),
            is_broken: Cell::new(false),
        };
        let mut serial = [0; 64];
        serial[..9].copy_from_slice(b"fake disk");
        disk.page.info.set(Some(&Description { serial, is_read_only, sector_size: 512, capacity: blocks }));
        disk
    }

    /// The VMM's side.
    pub fn backend(&self) -> Backend<'_> {
        let Self { page, requests, responses, data, .. } = self;
        Backend { page, requests, responses, data, signal: || {} }
    }

    /// There is no disk any more.
    pub fn remove(&self) {
        self.page.info.set(None);
    }

    /// As it is now.
    pub fn copy(&self) -> Self {
        let copy = Self {
            page: Box::default(),
            requests: Box::default(),
            responses: Box::default(),
            data: self.data.iter().map(|word| AtomicU64::new(word.load(Relaxed))).collect(),
            contents: self.contents.clone(),
            served: self.served.clone(),
            digest: self.digest.clone(),
            is_broken: self.is_broken.clone(),
        };
        copy.page.info.set(self.page.info.get().as_ref());
        let (head, tail) = (self.requests.head(), self.requests.tail());
        // An entry can be looked at only at the head.
        for at in 0..tail.wrapping_sub(head) {
            self.requests.consume(head.wrapping_add(at));
            copy.requests.put(head.wrapping_add(at), &self.requests.first().expect("a request"));
        }
        self.requests.consume(head);
        copy.requests.consume(head);
        copy.requests.publish(tail);
        let tail = self.responses.tail();
        for at in (tail.saturating_sub(CAPACITY)..tail).filter(|at| self.responses.get(*at).is_some()) {
            copy.responses.publish(at);
            copy.responses.put(&self.responses.get(at).expect("a response"));
        }
        copy.responses.publish(tail);
        copy
    }

    /// Serves all requests that it sees.
    pub fn serve(&self) {
        while self.serve_one() {}
    }

    /// Serves one; false if there is none.
    pub fn serve_one(&self) -> bool {
        let Some(request) = self.requests.first() else { return false };
        let (start, length) = ((request.block * BLOCK_SIZE) as usize, usize::from(request.count) * BLOCK_SIZE as usize);
        let at = request.offset as usize;
        match Code::from_number(request.code).expect("a code") {
            _ if self.is_broken.get() => {}
            Code::Read => {
                let bytes = &self.contents.borrow()[start..start + length];
                for (word, bytes) in self.data[at / 8..].iter().zip(bytes.as_chunks::<8>().0) {
                    word.store(u64::from_le_bytes(*bytes), Relaxed);
                }
            }
            Code::Write => {
                let bytes = &mut self.contents.borrow_mut()[start..start + length];
                for (word, bytes) in self.data[at / 8..].iter().zip(bytes.as_chunks_mut::<8>().0) {
                    let word = word.load(Relaxed);
                    *bytes = word.to_le_bytes();
                    self.digest.set(self.digest.get().rotate_left(5).wrapping_mul(31) ^ word);
                }
                self.digest.set(self.digest.get().wrapping_add(request.block));
            }
            Code::Flush | Code::Barrier => {}
        }
        let status = if self.is_broken.get() { Status::Io } else { Status::Ok } as u32;
        assert!(self.responses.has_room());
        self.responses.put(&Response { status, count: request.count, id: request.id });
        self.responses.publish(self.responses.tail().wrapping_add(1));
        self.requests.consume(self.requests.head().wrapping_add(1));
        self.served.set(self.served.get() + 1);
        true
    }
}

/// Zeros that are shared.
pub(super) fn words(bytes: u64) -> Vec<AtomicU64> {
    vec![0u64; bytes as usize / 8].into_iter().map(AtomicU64::new).collect()
}
