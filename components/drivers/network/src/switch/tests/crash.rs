// SPDX-License-Identifier: MIT OR Apache-2.0
//! The server dies before any of its steps, and again; the next one has the shared memory and nothing else, and its card
//! has nothing of what the one before had.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use proptest::prelude::*;

use super::honest::Honest;
use super::model::{Fuse, Killed, Memory, start};
use super::wire::{EVERYBODY, FakeCard, STRANGER, Wire, address, frame, number};
use crate::address::Address;

/// To whom each client's frames go.
type Plan = [Vec<Address>; 2];

/// What survives the server.
struct World<'a> {
    memories: &'a [Memory; 2],
    clients: [Honest; 2],
    wire: Wire,
    /// Frames that each client has sent.
    sent: [usize; 2],
}

impl World<'_> {
    /// All clients do what they can; whether nothing is left to do for anybody.
    fn act(&mut self, plan: &Plan) -> bool {
        for (n, memory) in self.memories.iter().enumerate() {
            self.clients[n].receive(memory);
            while let Some(destination) = plan[n].get(self.sent[n]) {
                if !self.clients[n].send(memory, &frame(*destination, address(n), self.sent[n] as u32)) {
                    break;
                }
                self.sent[n] += 1;
            }
        }
        let is_sent = |n: usize| {
            let active = &self.memories[n].send.active;
            self.sent[n] == plan[n].len() && active.head() == active.tail()
        };
        is_sent(0) && is_sent(1) && self.wire.coming.borrow().is_empty()
    }

    /// One life of the server, to the end of all frames.
    fn live(&mut self, plan: &Plan, fuse: &Fuse) {
        let mut switch = start(self.memories, fuse, &FakeCard::new(fuse, &self.wire), &[]);
        for _ in 0..1000 {
            if self.act(plan) {
                return;
            }
            switch.serve(&mut FakeCard { room: 2, ..FakeCard::new(fuse, &self.wire) });
        }
        panic!("somebody waits for ever");
    }

    /// Everybody has got everything in turn; but for a death, a frame may have come twice, and one of the card's not.
    fn assert_right(&self, plan: &Plan, coming: u32, deaths: usize) {
        self.memories.iter().for_each(Memory::assert_whole);
        let mut twice = 0;
        let mut compare = |frames: &[Vec<u8>], sender: usize, receiver: Address| {
            let mut numbers = numbers(frames, address(sender));
            let all = numbers.len();
            numbers.dedup();
            twice += all - numbers.len();
            let is_for = |(_, to): &(u32, &Address)| **to == receiver || **to == EVERYBODY;
            let wanted: Vec<u32> = (0..).zip(&plan[sender]).filter(is_for).map(|(number, _)| number).collect();
            assert_eq!(numbers, wanted, "from {sender} to {receiver:x?}");
        };
        for sender in [0, 1] {
            compare(&self.clients[1 - sender].received, sender, address(1 - sender));
            compare(&self.wire.sent.borrow(), sender, STRANGER);
        }
        // A frame for everybody is one more of two.
        assert!(twice <= 2 * deaths, "{twice} frames twice, {deaths} deaths");
        let mut lost = 0;
        for client in &self.clients {
            let numbers = numbers(&client.received, STRANGER);
            assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
            lost += coming as usize - numbers.len();
        }
        assert!(lost <= 2 * deaths, "{lost} frames lost, {deaths} deaths");
    }
}

/// The numbers of the frames from one source.
fn numbers(frames: &[Vec<u8>], source: Address) -> Vec<u32> {
    frames.iter().filter(|frame| frame[6..12] == source).map(|frame| number(frame)).collect()
}

/// Sends all frames through deaths after so many steps each, and returns how many steps the last life took.
fn run(memories: &[Memory; 2], plan: &Plan, coming: u32, deaths: &[u64]) -> u64 {
    let (wire, fuse) = (Wire::default(), Fuse::never());
    wire.coming.borrow_mut().extend((0..coming).map(|number| frame(EVERYBODY, STRANGER, number)));
    let mut world = World { memories, clients: Default::default(), wire, sent: [0; 2] };
    for death in deaths.iter().map(|steps| Some(*steps)).chain([None]) {
        fuse.light(death);
        let life = catch_unwind(AssertUnwindSafe(|| world.live(plan, &fuse)));
        if let Err(why) = life.map_err(|why| why.downcast::<Killed>()) {
            why.map_or_else(|why| resume_unwind(why), drop);
        }
    }
    world.assert_right(plan, coming, deaths.len());
    fuse.taken()
}

fn plan() -> Plan {
    [vec![address(1), EVERYBODY, address(1)], vec![STRANGER, EVERYBODY, STRANGER]]
}

#[test]
fn a_death_in_the_first_life_is_not_noticed() {
    let mut memories = [Memory::new(), Memory::new()];
    let steps = run(&memories, &plan(), 1, &[]);
    assert!((600..1200).contains(&steps), "{steps} steps");
    for death in 0..steps {
        memories.iter_mut().for_each(Memory::renew);
        run(&memories, &plan(), 1, &[death]);
    }
}

#[test]
fn a_death_at_any_two_steps_is_not_noticed() {
    let mut memories = [Memory::new(), Memory::new()];
    let mut run_filled = |deaths: &[u64]| {
        memories.iter_mut().for_each(Memory::renew);
        start(&memories, &Fuse::never(), &FakeCard::new(&Fuse::never(), &Wire::default()), &[]);
        run(&memories, &plan(), 1, deaths)
    };
    let steps = run_filled(&[]);
    assert!((60..500).contains(&steps), "{steps} steps");
    for one in 0..steps {
        for other in 0..steps {
            run_filled(&[one, other]);
        }
    }
}

fn destinations() -> impl Strategy<Value = Vec<Address>> {
    let any = prop::sample::select(vec![address(0), address(1), STRANGER, EVERYBODY]);
    prop::collection::vec(any, 0..100)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn many_deaths_are_not_noticed(
        first in destinations(),
        second in destinations(),
        coming in 0..20u32,
        deaths in prop::collection::vec(0..2000u64, 0..20),
    ) {
        // What is for oneself is nobody's.
        let plan = [first, second];
        let own = |n: usize| plan[n].iter().map(|to| if *to == address(n) { EVERYBODY } else { *to }).collect();
        run(&[Memory::new(), Memory::new()], &[own(0), own(1)], coming, &deaths);
    }
}
