// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames, a card, and what is behind it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;

use sddf_abi::net::Link;

use super::model::Fuse;
use crate::address::Address;
use crate::card::Card;
use crate::frame::Frame;

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
    let mut bytes: Vec<u8> = frame.words().into_iter().flat_map(u64::to_ne_bytes).collect();
    assert!(bytes.drain(usize::from(frame.length())..).all(|byte| byte == 0), "something goes with the frame");
    bytes
}
