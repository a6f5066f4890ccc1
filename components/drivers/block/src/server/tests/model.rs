// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clients, a disk, and shared memory of which each access is a step, before which the server may die.

use std::cell::Cell;
use std::panic::resume_unwind;

use sddf_abi::block::{
    BLOCK_SIZE, Code, Description, InfoPage, Request, RequestQueue, Response, ResponseQueue, Status,
};

use crate::Range;
use crate::disk::{Disk, Job, Operation};
use crate::server::Client;
use crate::shared::{Pages, Shared};

pub const DATA_SIZE: u64 = 8 * BLOCK_SIZE;
pub const PADDR: [u64; 2] = [0x10_0000, 0x20_0000];
pub const RANGES: [Option<Range>; 2] = [
    Some(Range { first: 5, blocks: 10, is_read_only: false }),
    Some(Range { first: 20, blocks: 4, is_read_only: true }),
];

pub fn description() -> Description {
    Description { serial: [b's'; 64], is_read_only: false, sector_size: 512, capacity: 99 }
}

pub fn request(code: Code, id: u32, block: u64, count: u16, offset: u64) -> Request {
    Request { code: code as u32, offset, block, count, id }
}

/// The server was killed.
pub struct Killed;

/// Steps until the server dies, and how many it took.
pub struct Fuse {
    left: Cell<Option<u64>>,
    taken: Cell<u64>,
    limit: Cell<u64>,
}

impl Fuse {
    pub fn never() -> Self {
        Self { left: Cell::new(None), taken: Cell::new(0), limit: Cell::new(u64::MAX) }
    }

    pub fn light(&self, steps: Option<u64>) {
        self.left.set(steps);
        self.taken.set(0);
    }

    /// More steps than this from now on are a mistake.
    pub fn limit(&self, steps: u64) {
        self.limit.set(self.taken.get() + steps);
    }

    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    pub fn step(&self) {
        if self.left.get() == Some(0) {
            resume_unwind(Box::new(Killed));
        }
        self.left.set(self.left.get().map(|left| left - 1));
        self.taken.set(self.taken.get() + 1);
        assert!(self.taken.get() <= self.limit.get(), "the server goes on and on");
    }
}

/// What survives the server.
pub struct Memory {
    pub info: InfoPage,
    pub requests: RequestQueue,
    pub responses: ResponseQueue,
}

impl Memory {
    pub fn new() -> Self {
        Self { info: InfoPage::new(), requests: RequestQueue::new(), responses: ResponseQueue::new() }
    }
}

pub struct Stepped<'a> {
    pages: Pages<'a>,
    fuse: &'a Fuse,
    /// There is always one more request, and all responses are taken.
    pub is_endless: bool,
}

pub fn client<'a>(memory: &'a Memory, fuse: &'a Fuse, number: usize, range: Option<Range>) -> Client<Stepped<'a>> {
    let Memory { info, requests, responses } = memory;
    let shared = Stepped { pages: Pages { info, requests, responses }, fuse, is_endless: false };
    Client { shared, data_size: DATA_SIZE, data_paddr: PADDR[number], range }
}

impl Stepped<'_> {
    fn step(&self) -> &Pages<'_> {
        self.fuse.step();
        if self.is_endless {
            self.pages.requests.publish(self.pages.requests.head().wrapping_add(1));
            self.pages.responses.consume(self.pages.responses.tail());
        }
        &self.pages
    }
}

impl Shared for Stepped<'_> {
    fn describe(&self, description: Option<&Description>) {
        self.step().describe(description);
    }
    fn head(&self) -> u32 {
        self.step().head()
    }
    fn first(&self) -> Option<Request> {
        self.step().first()
    }
    fn consume(&self, head: u32) {
        self.step().consume(head);
    }
    fn tail(&self) -> u32 {
        self.step().tail()
    }
    fn has_room(&self) -> bool {
        self.step().has_room()
    }
    fn put(&self, response: &Response) {
        self.step().put(response);
    }
    fn publish(&self, tail: u32) {
        self.step().publish(tail);
    }
    fn note(&self, head: u32, tail: u32) {
        self.step().note(head, tail);
    }
    fn noted(&self) -> (u32, u32) {
        self.step().noted()
    }
}

/// A disk that looks at what it gets. It ends its jobs one at a time, the last first.
pub struct FakeDisk<'a> {
    pub fuse: &'a Fuse,
    pub memories: &'a [Memory],
    /// Clients that keep to the rules: their nth request has the id n.
    pub honest: &'a [usize],
    pub pending: Vec<(usize, Job)>,
    pub has_ended: bool,
    pub has_cache: bool,
    pub fails: bool,
    pub refuses: bool,
}

impl<'a> FakeDisk<'a> {
    pub fn new(fuse: &'a Fuse, memories: &'a [Memory], honest: &'a [usize]) -> Self {
        let (pending, has_ended, has_cache, fails, refuses) = (Vec::new(), false, true, false, false);
        Self { fuse, memories, honest, pending, has_ended, has_cache, fails, refuses }
    }
}

impl Disk for FakeDisk<'_> {
    fn has_cache(&self) -> bool {
        self.has_cache
    }

    fn submit(&mut self, tag: usize, job: &Job) -> bool {
        self.fuse.step();
        assert!(self.pending.iter().all(|(other, _)| *other != tag), "two jobs of client {tag}");
        if job.operation != Operation::Flush {
            let Range { first, blocks, is_read_only } = RANGES[tag].unwrap();
            let (count, length) = (job.length as u64 / BLOCK_SIZE, job.length as u64);
            assert!(count > 0 && length % BLOCK_SIZE == 0);
            assert!(job.block >= first && job.block + count <= first + blocks, "outside of {tag}'s range: {job:?}");
            let end = job.paddr.checked_add(length).unwrap();
            assert!(job.paddr >= PADDR[tag] && end <= PADDR[tag] + DATA_SIZE, "outside of {tag}'s data: {job:?}");
            assert!(job.operation == Operation::Read || !is_read_only);
        }
        if self.honest.contains(&tag) {
            let memory = &self.memories[tag];
            let id = memory.requests.first().map(|request| request.id);
            assert_eq!(id, Some(memory.responses.tail()), "client {tag}: done again after the answer, or out of turn");
        }
        if !self.refuses {
            self.pending.push((tag, *job));
        }
        !self.refuses
    }

    fn completed(&mut self) -> Option<(usize, bool)> {
        self.fuse.step();
        let ended = if self.has_ended { None } else { self.pending.pop() };
        self.has_ended = ended.is_some();
        ended.map(|(tag, _)| (tag, !self.fails))
    }
}

/// A client that keeps to the rules: it asks for everything in its list, as fast as it can, and looks at the answers.
pub struct Honest {
    requests: Vec<Request>,
    range: Option<Range>,
    asked: u32,
    answered: u32,
}

impl Honest {
    /// Its nth request gets the id n.
    pub fn new(requests: &[Request], range: Option<Range>) -> Self {
        let requests = (0..).zip(requests).map(|(id, request)| Request { id, ..*request }).collect();
        Self { requests, range, asked: 0, answered: 0 }
    }

    pub fn is_done(&self) -> bool {
        self.answered as usize == self.requests.len()
    }

    pub fn act(&mut self, memory: &Memory) {
        while let Some(response) = memory.responses.get(self.answered) {
            let request = self.requests[self.answered as usize];
            let (status, count) = self.expected(&request);
            assert_eq!(response, Response { status: status as u32, count, id: self.answered });
            self.answered += 1;
            memory.responses.consume(self.answered);
        }
        while memory.requests.has_room(self.asked) && (self.asked as usize) < self.requests.len() {
            memory.requests.put(self.asked, &self.requests[self.asked as usize]);
            self.asked += 1;
            memory.requests.publish(self.asked);
        }
    }

    fn expected(&self, request: &Request) -> (Status, u16) {
        const { assert!(Code::Flush as u32 == 2 && Code::Barrier as u32 == 3) };
        let (block, count, offset) = (request.block as u128, request.count as u128, request.offset as u128);
        match (request.code, self.range) {
            (4.., _) => (Status::InvalidParameter, 0),
            (_, None) => (Status::NoDevice, 0),
            (2 | 3, _) => (Status::Ok, 0),
            (1, Some(range)) if range.is_read_only => (Status::InvalidParameter, 0),
            (_, Some(range)) => {
                let is_right =
                    count > 0 && block + count <= range.blocks as u128 && offset + count * 4096 <= DATA_SIZE as u128;
                if is_right { (Status::Ok, request.count) } else { (Status::InvalidParameter, 0) }
            }
        }
    }
}
