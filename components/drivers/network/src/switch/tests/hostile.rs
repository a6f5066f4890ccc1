// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client that writes anything anywhere, beside two that keep to the rules and talk to each other.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::Relaxed;

use proptest::prelude::*;
use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY, DATA_SIZE, Queue};

use super::honest::Honest;
use super::model::{Fuse, Killed, Memory, start};
use super::wire::{EVERYBODY, FakeCard, STRANGER, Wire, address, frame, number};
use crate::address::Address;

#[derive(Clone, Debug)]
enum Deed {
    Put(usize, u16, Buffer),
    Publish(usize, u16),
    Consume(usize, u16),
    Want(usize, bool),
    /// A word of what it sends or receives.
    Write(bool, usize, u64),
    /// A frame at the start of a buffer: where, to whom, from whom.
    Frame(u16, Address, Address),
    Serve,
    Kill(u64),
}

/// Numbers near what is right, and any.
fn index() -> impl Strategy<Value = u16> {
    prop_oneof![4 => 0..300u16, 1 => any::<u16>(), 1 => (u16::MAX - 200)..=u16::MAX]
}

fn buffer() -> impl Strategy<Value = Buffer> {
    let right = (0..u64::from(CAPACITY)).prop_map(|n| n * BUFFER_SIZE);
    let offset = prop_oneof![8 => right, 1 => 0..2 * DATA_SIZE, 1 => any::<u64>(), 1 => (u64::MAX - 0x1000)..=u64::MAX];
    let length = prop_oneof![8 => 14..100u16, 2 => 1500..1530u16, 1 => any::<u16>()];
    (offset, length).prop_map(|(offset, length)| Buffer { offset, length })
}

/// Of itself, of the others, of nobody.
fn an_address() -> impl Strategy<Value = Address> {
    prop::sample::select(vec![address(0), address(0), address(1), address(2), address(5), STRANGER, EVERYBODY])
}

fn deed() -> impl Strategy<Value = Deed> {
    let word = (any::<bool>(), 0..(DATA_SIZE / 8) as usize, any::<u64>());
    prop_oneof![
        8 => (0..4usize, index(), buffer()).prop_map(|(queue, at, buffer)| Deed::Put(queue, at, buffer)),
        6 => (0..4usize, index()).prop_map(|(queue, tail)| Deed::Publish(queue, tail)),
        2 => (0..4usize, index()).prop_map(|(queue, head)| Deed::Consume(queue, head)),
        1 => (0..4usize, any::<bool>()).prop_map(|(queue, wants)| Deed::Want(queue, wants)),
        2 => word.prop_map(|(is_sent, at, word)| Deed::Write(is_sent, at, word)),
        8 => (0..CAPACITY, an_address(), an_address()).prop_map(|(n, to, from)| Deed::Frame(n, to, from)),
        8 => Just(Deed::Serve),
        1 => (0..3000u64).prop_map(Deed::Kill),
    ]
}

/// The world beside the hostile client, which is 0.
struct World<'a> {
    memories: &'a [Memory; 3],
    wire: &'a Wire,
    clients: [Honest; 2],
    sent: [u32; 2],
}

impl World<'_> {
    fn queue(&self, number: usize) -> &Queue {
        let Memory { receive, send, .. } = &self.memories[0];
        [&receive.free, &receive.active, &send.free, &send.active][number]
    }

    fn do_one(&self, deed: &Deed) {
        let Memory { receive, send, .. } = &self.memories[0];
        match *deed {
            Deed::Put(queue, at, buffer) => self.queue(queue).put(at, &buffer),
            Deed::Publish(queue, tail) => self.queue(queue).publish(tail),
            Deed::Consume(queue, head) => self.queue(queue).consume(head),
            Deed::Want(queue, wants) => self.queue(queue).set_wants_signal(wants),
            Deed::Write(is_sent, at, word) => [receive, send][usize::from(is_sent)].data[at].store(word, Relaxed),
            Deed::Frame(n, to, from) => {
                let frame = frame(to, from, 0);
                let words = frame.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap()));
                let places = send.data.iter().skip(usize::from(n) * BUFFER_SIZE as usize / 8);
                places.zip(words).for_each(|(place, word)| place.store(word, Relaxed));
            }
            Deed::Serve | Deed::Kill(_) => (),
        }
    }

    /// The two say something to each other and to the world outside, and hear what was said.
    fn talk(&mut self) {
        for (n, other) in [(0, 1), (1, 0)] {
            self.clients[n].receive(&self.memories[n + 1]);
            for to in [address(other + 1), STRANGER] {
                if self.clients[n].send(&self.memories[n + 1], &frame(to, address(n + 1), self.sent[n])) {
                    self.sent[n] += 1;
                }
            }
        }
    }

    /// All that was sent came, in turn; twice for a death at most.
    fn assert_right(&mut self, deaths: usize) {
        let from = |frames: &[Vec<u8>], n: usize| -> Vec<u32> {
            frames.iter().filter(|frame| frame[6..12] == address(n + 1)).map(|frame| number(frame)).collect()
        };
        for (n, other) in [(0, 1), (1, 0)] {
            self.clients[other].receive(&self.memories[other + 1]);
            let mut all = [from(&self.clients[other].received, n), from(&self.wire.sent.borrow(), n)].concat();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all, (0..self.sent[n]).collect::<Vec<_>>(), "what {n} has sent");
            assert!(count - all.len() <= deaths);
            self.memories[n + 1].assert_whole();
        }
        let is_known = |frame: &Vec<u8>| (0..3).any(|n| frame[6..12] == address(n));
        assert!(self.wire.sent.borrow().iter().all(is_known), "somebody has sent under another's address");
    }

    /// Until all deeds are done or the server is killed.
    fn live(&mut self, deeds: &mut impl Iterator<Item = Deed>, fuse: &Fuse) {
        let mut switch = start(self.memories, fuse, &FakeCard::new(fuse, self.wire), &[]);
        let mut card = FakeCard::new(fuse, self.wire);
        let mut serve = || {
            fuse.limit(u64::from(CAPACITY) * 3 * 2 * (BUFFER_SIZE / 8));
            switch.serve(&mut card);
        };
        for deed in deeds {
            self.do_one(&deed);
            match deed {
                Deed::Serve => {
                    self.talk();
                    serve();
                }
                Deed::Kill(steps) => fuse.light(Some(steps)),
                _ => (),
            }
        }
        fuse.light(None);
        self.talk();
        serve();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nobody_else_notices(deeds in prop::collection::vec(deed(), 0..200)) {
        let (memories, wire) = ([(); 3].map(|()| Memory::new()), Wire::default());
        let mut world = World { memories: &memories, wire: &wire, clients: Default::default(), sent: [0; 2] };
        let (fuse, mut deeds, mut deaths) = (Fuse::never(), deeds.into_iter(), 0);
        loop {
            fuse.light(None);
            let life = catch_unwind(AssertUnwindSafe(|| world.live(&mut deeds, &fuse)));
            let Err(why) = life else { break };
            why.downcast::<Killed>().map_or_else(|why| resume_unwind(why), drop);
            deaths += 1;
        }
        world.assert_right(deaths);
    }
}
