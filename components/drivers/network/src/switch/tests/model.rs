// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clients, a card, and shared memory of which each access is a step, before which the server may die.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY, DATA_SIZE, InfoPage, Link, Queue};

use crate::MAX_CLIENTS;
use crate::address::Address;
use crate::card::Card;
use crate::frame::Frame;
use crate::shared::{Pages, Shared, Which, describe};
use crate::switch::{Client, Switch};

pub const CARD: Address = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
/// Somebody behind the card.
pub const STRANGER: Address = [0x52, 0x55, 10, 0, 2, 2];
pub const EVERYBODY: Address = [0xff; 6];

/// The address of a client, where there is the card.
pub fn address(client: usize) -> Address {
    let [start @ .., last] = CARD;
    let mut address = [last + client as u8; 6];
    address[..5].copy_from_slice(&start);
    address
}

/// A frame with a number in it.
pub fn frame(destination: Address, source: Address, number: u32) -> Vec<u8> {
    [&destination[..], &source[..], &[0x88, 0xb5], &number.to_le_bytes()].concat()
}

pub fn number(frame: &[u8]) -> u32 {
    u32::from_le_bytes(frame[14..18].try_into().unwrap())
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

/// What is behind the card, and does not die with the server.
#[derive(Default)]
pub struct Wire {
    /// What came out of the card.
    pub sent: RefCell<Vec<Vec<u8>>>,
    /// What comes in.
    pub coming: RefCell<VecDeque<Vec<u8>>>,
}

/// A card that takes so many frames until somebody makes room.
pub struct FakeCard<'a> {
    pub fuse: &'a Fuse,
    pub wire: &'a Wire,
    pub room: usize,
    pub is_up: bool,
}

impl<'a> FakeCard<'a> {
    pub fn new(fuse: &'a Fuse, wire: &'a Wire) -> Self {
        Self { fuse, wire, room: usize::MAX, is_up: true }
    }
}

impl Card for FakeCard<'_> {
    fn link(&self) -> Option<Link> {
        Some(Link { address: CARD, is_up: self.is_up })
    }

    fn has_room(&mut self) -> bool {
        self.fuse.step();
        self.room > 0
    }

    fn send(&mut self, frame: &Frame<'_>) {
        self.fuse.step();
        self.room = self.room.checked_sub(1).expect("room for it");
        self.wire.sent.borrow_mut().push(bytes(frame));
    }

    fn receive(&mut self, take: impl FnOnce(&Frame<'_>)) -> bool {
        self.fuse.step();
        let Some(mut bytes) = self.wire.coming.borrow_mut().pop_front() else { return false };
        let length = bytes.len();
        bytes.resize(length.next_multiple_of(8), 0xee);
        let words = bytes.chunks(8).map(|word| AtomicU64::new(u64::from_ne_bytes(word.try_into().unwrap())));
        take(&Frame::new(&words.collect::<Vec<_>>(), length as u16).unwrap());
        true
    }

    fn flush(&mut self) {
        self.fuse.step();
    }
}

pub fn bytes(frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes: Vec<u8> = frame.words().flat_map(u64::to_ne_bytes).collect();
    assert!(bytes.drain(usize::from(frame.length())..).all(|byte| byte == 0), "something goes with the frame");
    bytes
}
