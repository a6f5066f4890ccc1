// SPDX-License-Identifier: MIT OR Apache-2.0

mod crash;
mod honest;
mod hostile;
mod model;
mod wire;

use std::sync::atomic::Ordering::Relaxed;

use sddf_abi::net::{BUFFER_SIZE, Buffer, DATA_SIZE};

use super::*;
use honest::Honest;
use model::{Fuse, Memory, start};
use wire::{CARD, EVERYBODY, FakeCard, STRANGER, Wire, address, frame};

fn told(clients: &[usize]) -> [bool; MAX_CLIENTS] {
    let mut told = [false; MAX_CLIENTS];
    clients.iter().for_each(|number| told[*number] = true);
    told
}

fn memories<const N: usize>() -> [Memory; N] {
    [(); N].map(|()| Memory::new())
}

#[test]
fn each_gets_what_is_for_it_and_all_buffers_come_back() {
    let (memories, fuse, wire) = (memories::<3>(), Fuse::never(), Wire::default());
    let mut card = FakeCard::new(&fuse, &wire);
    let mut switch = start(&memories, &fuse, &card, &[]);
    let mut clients = [(); 3].map(|()| Honest::default());
    let direct = frame(address(1), address(0), 1);
    let to_all = frame(EVERYBODY, address(0), 2);
    let out = frame(STRANGER, address(2), 3);
    let mut long = frame(address(0), address(2), 4);
    long.resize(1518, 7);
    let shortest = frame(address(0), address(1), 5)[..14].to_vec();
    let forged = frame(address(1), address(0), 6);
    assert!(clients[0].send(&memories[0], &direct) && clients[0].send(&memories[0], &to_all));
    assert!(clients[2].send(&memories[2], &out) && clients[2].send(&memories[2], &long));
    assert!(clients[1].send(&memories[1], &shortest));
    assert!(clients[2].send(&memories[2], &forged));
    let (from_outside, noise) = (frame(address(2), STRANGER, 7), frame([4; 6], STRANGER, 8));
    let echo = frame(EVERYBODY, address(0), 9);
    wire.coming.borrow_mut().extend([from_outside.clone(), noise, echo]);
    assert_eq!(switch.serve(&mut card), told(&[0, 1, 2]));
    clients.iter_mut().zip(&memories).for_each(|(client, memory)| client.receive(memory));
    clients.iter_mut().for_each(|client| client.received.sort());
    let sorted = |mut frames: Vec<Vec<u8>>| {
        frames.sort();
        frames
    };
    assert_eq!(clients[0].received, sorted(vec![long, shortest]));
    assert_eq!(clients[1].received, sorted(vec![direct, to_all.clone()]));
    assert_eq!(clients[2].received, sorted(vec![to_all.clone(), from_outside]));
    assert_eq!(sorted(wire.sent.borrow().clone()), sorted(vec![to_all, out]));
    assert_eq!(switch.forged()[..3], [0, 0, 1]);
    memories.iter().for_each(Memory::assert_whole);
    assert_eq!(switch.serve(&mut card), told(&[]));
}

#[test]
fn a_wire_comes_and_goes_and_the_place_stays() {
    let (memories, fuse, wire) = (memories::<2>(), Fuse::never(), Wire::default());
    let mut card = FakeCard::new(&fuse, &wire);
    let mut alone = start(&memories[..1], &fuse, &card, &[]);
    assert!(!alone.look_at(&card));
    for is_up in [false, true] {
        card.is_up = is_up;
        assert!(alone.look_at(&card) && !alone.look_at(&card));
        crate::shared::describe(&memories[0].info, &alone.link(0));
        assert_eq!(memories[0].info.get(), Some(Link { address: CARD, is_up }));
    }
    let mut both = start(&memories, &fuse, &card, &[]);
    card.is_up = false;
    assert!(!both.look_at(&card) && both.link(0).is_up, "they have each other");
}

#[test]
fn clients_are_told_their_places() {
    let (memories, fuse, wire) = (memories::<2>(), Fuse::never(), Wire::default());
    let link = |number: usize| memories[number].info.get().unwrap();
    start(&memories[..1], &fuse, &None::<FakeCard>, &[]);
    assert_eq!(link(0), Link { address: [2, 0, 0, 0, 0, 0], is_up: false });
    start(&memories, &fuse, &None::<FakeCard>, &[]);
    assert_eq!([link(0), link(1)].map(|link| link.is_up), [true; 2]);
    let mut card = FakeCard::new(&fuse, &wire);
    start(&memories[..1], &fuse, &card, &[]);
    assert_eq!(link(0), Link { address: CARD, is_up: true });
    card.is_up = false;
    start(&memories[..1], &fuse, &card, &[]);
    assert!(!link(0).is_up);
    start(&memories, &fuse, &card, &[]);
    assert_eq!((link(0).is_up, link(1)), (true, Link { address: address(1), is_up: true }));
}

#[test]
fn without_a_card_nobody_waits_for_it() {
    let (memories, fuse) = (memories::<2>(), Fuse::never());
    let mut switch = start(&memories, &fuse, &None::<FakeCard>, &[]);
    let mut clients = [(); 2].map(|()| Honest::default());
    let (own, other) = (memories[0].info.get().unwrap().address, memories[1].info.get().unwrap().address);
    let frames = [frame(STRANGER, own, 0), frame(EVERYBODY, own, 1), frame(other, own, 2)];
    frames.iter().for_each(|frame| assert!(clients[0].send(&memories[0], frame)));
    switch.serve(&mut None::<FakeCard>);
    clients[1].receive(&memories[1]);
    assert_eq!(clients[1].received, frames[1..]);
    memories.iter().for_each(Memory::assert_whole);
}

#[test]
fn what_is_for_a_full_card_waits_and_nobody_has_it_before() {
    let (memories, fuse, wire) = (memories::<2>(), Fuse::never(), Wire::default());
    let mut card = FakeCard { room: 1, ..FakeCard::new(&fuse, &wire) };
    let mut switch = start(&memories, &fuse, &card, &[]);
    let mut clients = [(); 2].map(|()| Honest::default());
    let frames = [1, 2, 3].map(|number| frame(EVERYBODY, address(0), number));
    frames.iter().for_each(|frame| assert!(clients[0].send(&memories[0], frame)));
    let inside = frame(address(0), address(1), 9);
    for n in 1..=3 {
        clients[1].send(&memories[1], &inside);
        switch.serve(&mut card);
        switch.serve(&mut card);
        clients.iter_mut().zip(&memories).for_each(|(client, memory)| client.receive(memory));
        assert_eq!((&wire.sent.borrow()[..], &clients[1].received[..]), (&frames[..n], &frames[..n]));
        assert_eq!(clients[0].received.len(), n, "client 1 does not wait");
        card.room = 1;
    }
    memories.iter().for_each(Memory::assert_whole);
}

#[test]
fn a_client_without_buffers_gets_nothing_and_holds_up_nobody() {
    let (memories, fuse, wire) = (memories::<3>(), Fuse::never(), Wire::default());
    let mut card = FakeCard::new(&fuse, &wire);
    let mut switch = start(&memories, &fuse, &card, &[]);
    let mut clients = [(); 3].map(|()| Honest::default());
    let all = (0..2 * u32::from(CAPACITY)).map(|n| frame(EVERYBODY, address(0), n)).collect::<Vec<_>>();
    for half in all.chunks(CAPACITY.into()) {
        half.iter().for_each(|frame| assert!(clients[0].send(&memories[0], frame)));
        assert!(!clients[0].send(&memories[0], &half[0]));
        switch.serve(&mut card);
        clients[2].receive(&memories[2]);
    }
    clients[1].receive(&memories[1]);
    assert_eq!((&clients[1].received[..], &clients[2].received), (&all[..CAPACITY.into()], &all));
    switch.serve(&mut card);
    assert!(clients[0].send(&memories[0], &all[0]));
    switch.serve(&mut card);
    clients[1].receive(&memories[1]);
    assert_eq!(clients[1].received.len(), usize::from(CAPACITY) + 1);
}

#[test]
fn nobody_is_told_who_does_not_want_it() {
    let (memories, fuse, wire) = (memories::<2>(), Fuse::never(), Wire::default());
    let mut card = FakeCard::new(&fuse, &wire);
    let mut switch = start(&memories, &fuse, &card, &[]);
    let mut client = Honest::default();
    let mut told_of_one = |free: bool, active: bool| {
        memories[0].send.free.set_wants_signal(free);
        memories[1].receive.active.set_wants_signal(active);
        assert!(client.send(&memories[0], &frame(address(1), address(0), 0)));
        let told = switch.serve(&mut card);
        assert_eq!(switch.serve(&mut card), [false; MAX_CLIENTS], "once is enough");
        told
    };
    assert_eq!(told_of_one(true, true), told(&[0, 1]));
    assert_eq!(told_of_one(true, false), told(&[0]));
    assert_eq!(told_of_one(false, true), told(&[1]));
    assert_eq!(told_of_one(false, false), told(&[]));
}

#[test]
fn what_is_no_frame_or_lies_nowhere_goes_back_and_nowhere_else() {
    let (memories, fuse, wire) = (memories::<2>(), Fuse::never(), Wire::default());
    let mut card = FakeCard::new(&fuse, &wire);
    let mut switch = start(&memories, &fuse, &card, &[]);
    let bad = [(0, 13), (0, 1519), (0, 0), (1, 60), (DATA_SIZE, 60), (u64::MAX, 60), (0, u16::MAX)];
    for (tail, (offset, length)) in (0..).zip(bad) {
        memories[0].send.active.put(tail, &Buffer { offset, length });
        memories[0].send.active.publish(tail + 1);
        assert_eq!(switch.serve(&mut card), told(&[0]));
        let back = memories[0].send.free.get(CAPACITY + tail);
        assert_eq!(back, Some(Buffer { offset, length: 0 }));
        assert_eq!(memories[0].send.active.head(), tail + 1);
    }
    assert_eq!((wire.sent.borrow().len(), memories[1].receive.active.tail()), (0, 0));
    // A buffer of the other's that does not lie there costs it one frame, and is its own again.
    memories[1].receive.free.put(0, &Buffer { offset: DATA_SIZE, length: 0 });
    for number in 0..2 {
        wire.coming.borrow_mut().push_back(frame(address(1), STRANGER, number));
    }
    assert_eq!(switch.serve(&mut card), told(&[1]));
    let active = &memories[1].receive.active;
    assert_eq!(active.get(0), Some(Buffer { offset: DATA_SIZE, length: 0 }));
    assert_eq!(active.get(1), Some(Buffer { offset: BUFFER_SIZE, length: 18 }));
    assert_eq!(active.get(2), None);
}

#[test]
fn clients_that_never_end_take_no_turn_of_another() {
    let (memories, fuse, wire) = (memories::<3>(), Fuse::never(), Wire::default());
    let mut card = FakeCard::new(&fuse, &wire);
    let mut switch = start(&memories, &fuse, &card, &[0, 1]);
    // What these two send is for each other, as soon as it is gone again, and there is always room.
    for (number, other) in [(0, 1), (1, 0)] {
        let bytes = frame(address(other), address(number), 0);
        let words = bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap()));
        memories[number].send.data.iter().zip(words).for_each(|(place, word)| place.store(word, Relaxed));
    }
    let mut client = Honest::default();
    assert!(client.send(&memories[2], &frame(STRANGER, address(2), 1)));
    fuse.limit(40 * 3 * u64::from(CAPACITY));
    assert_eq!(switch.serve(&mut card), told(&[0, 1, 2]));
    assert_eq!(wire.sent.borrow().len(), 1);
    assert_eq!(memories[1].receive.active.tail(), CAPACITY);
}

#[test]
fn indices_run_over() {
    let (memories, fuse, wire) = (memories::<2>(), Fuse::never(), Wire::default());
    let mut card = FakeCard::new(&fuse, &wire);
    let mut switch = start(&memories, &fuse, &card, &[]);
    let mut clients = [(); 2].map(|()| Honest::default());
    let frames = (0..70_000u32).map(|number| frame(address(1), address(0), number)).collect::<Vec<_>>();
    for some in frames.chunks(100) {
        some.iter().for_each(|frame| assert!(clients[0].send(&memories[0], frame)));
        switch.serve(&mut card);
        clients[1].receive(&memories[1]);
        // A start in between finds the same place.
        switch = start(&memories, &fuse, &card, &[]);
    }
    assert!(clients[1].received == frames);
    memories.iter().for_each(Memory::assert_whole);
}
