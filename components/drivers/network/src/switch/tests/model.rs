// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shared memory of which each access is a step, before which the server may die.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY, DATA_SIZE, InfoPage, Queue};

use crate::MAX_CLIENTS;
use crate::card::Card;
use crate::frame::Frame;
use crate::shared::{Pages, Shared, Which, describe};
use crate::switch::{Client, Switch};

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
        self.limit.set(u64::MAX);
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

/// A direction's memory.
pub struct Pair {
    pub free: Box<Queue>,
    pub active: Box<Queue>,
    pub data: Vec<AtomicU64>,
}

impl Pair {
    fn new() -> Self {
        let data = (0..DATA_SIZE / 8).map(|_| AtomicU64::new(0)).collect();
        Self { free: Box::default(), active: Box::default(), data }
    }

    /// Where all buffers are now.
    pub fn offsets(&self) -> Vec<u64> {
        let of = |queue: &Queue| {
            let count = queue.tail().wrapping_sub(queue.head());
            (0..count).map(|n| queue.get(queue.head().wrapping_add(n)).unwrap().offset).collect::<Vec<_>>()
        };
        let mut offsets = [of(&self.free), of(&self.active)].concat();
        offsets.sort_unstable();
        offsets
    }
}

/// What survives the server.
pub struct Memory {
    pub info: InfoPage,
    pub receive: Pair,
    pub send: Pair,
}

impl Memory {
    pub fn new() -> Self {
        Self { info: InfoPage::new(), receive: Pair::new(), send: Pair::new() }
    }

    /// As new, but for the data, which nobody looks at.
    pub fn renew(&mut self) {
        self.info = InfoPage::new();
        for pair in [&mut self.receive, &mut self.send] {
            (pair.free, pair.active) = (Box::default(), Box::default());
        }
    }

    /// Each buffer is in one queue of its pair.
    pub fn assert_whole(&self) {
        let all: Vec<u64> = (0..CAPACITY).map(|n| u64::from(n) * BUFFER_SIZE).collect();
        assert_eq!((self.receive.offsets(), self.send.offsets()), (all.clone(), all), "a buffer too many or too few");
    }
}

pub struct Stepped<'a> {
    pages: Pages<'a>,
    fuse: &'a Fuse,
    /// There is always one buffer more to take, the same one.
    is_endless: bool,
}

impl<'a> Stepped<'a> {
    fn step(&self) -> &Pages<'a> {
        self.fuse.step();
        &self.pages
    }
}

impl Shared for Stepped<'_> {
    fn is_filled(&self) -> bool {
        self.step().is_filled()
    }
    fn set_filled(&self) {
        self.step().set_filled();
    }
    fn tail(&self, which: Which) -> u16 {
        self.step().tail(which)
    }
    fn get(&self, which: Which, head: u16) -> Option<Buffer> {
        if self.is_endless {
            self.pages.put(which, head, &Buffer { offset: 0, length: 60 });
            self.pages.publish(which, head.wrapping_add(1));
        }
        self.step().get(which, head)
    }
    fn put(&self, which: Which, tail: u16, buffer: &Buffer) {
        self.step().put(which, tail, buffer);
    }
    fn publish(&self, which: Which, tail: u16) {
        self.step().publish(which, tail);
    }
    fn consume(&self, which: Which, head: u16) {
        self.step().consume(which, head);
    }
    fn wants_signal(&self, which: Which) -> bool {
        self.step().wants_signal(which)
    }
    fn read(&self, buffer: &Buffer) -> Option<Frame<'_>> {
        self.step().read(buffer)
    }
    /// As the pages do it, but each word is a step.
    fn write(&self, buffer: &Buffer, frame: &Frame<'_>) -> bool {
        let Some(words) = self.step().words(buffer) else { return false };
        for (place, word) in words.iter().zip(frame.words()) {
            self.fuse.step();
            place.store(word, Relaxed);
        }
        true
    }
}

/// A switch with clients 0, 1, ... that knows no more than the memory. `endless` never stop to send and to have room.
pub fn start<'a>(memories: &'a [Memory], fuse: &'a Fuse, card: &impl Card, endless: &[usize]) -> Switch<Stepped<'a>> {
    let mut clients = [const { None }; MAX_CLIENTS];
    for (number, Memory { info, receive, send }) in memories.iter().enumerate() {
        let stepped = |note, pair: &'a Pair| {
            let pages = Pages { note, free: &pair.free, active: &pair.active, data: &pair.data };
            Stepped { pages, fuse, is_endless: endless.contains(&number) }
        };
        clients[number] =
            Some(Client { receive: stepped(&info.notes[0], receive), send: stepped(&info.notes[1], send) });
    }
    let switch = Switch::new(clients, card);
    for (number, memory) in memories.iter().enumerate() {
        fuse.step();
        describe(&memory.info, &switch.link(number));
    }
    switch
}
