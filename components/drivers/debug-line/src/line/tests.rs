// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who gets what, who waits for whom, and for how long.

use proptest::prelude::*;
use serial::ring::CAPACITY;

use super::{Client, Line, PATIENCE};
use crate::MAX_CLIENTS;
use crate::frame::{self, FLAG, LONGEST, Reader};

/// Looks after which nobody waits any more.
const ENOUGH: usize = PATIENCE as usize;

struct Bench {
    line: Line,
    clients: Vec<Client>,
}

impl Bench {
    fn new(count: usize) -> Self {
        let clients: Vec<Client> =
            (0..count).map(|_| Client { tx: Box::leak(Box::default()), rx: Box::leak(Box::default()) }).collect();
        let mut table = [None; MAX_CLIENTS];
        table.iter_mut().zip(&clients).for_each(|(place, client)| *place = Some(*client));
        Self { line: Line::new(table), clients }
    }

    /// The host sends; while a frame waits it cannot be taken, and the driver looks in vain.
    fn receive(&mut self, wire: &[u8]) -> Vec<usize> {
        let mut notified = Vec::new();
        for byte in wire {
            notified.extend(self.line.receive(*byte));
            let mut looks = 0;
            while self.line.is_held() {
                notified.extend(self.line.look());
                looks += 1;
                assert!(looks <= ENOUGH);
            }
        }
        notified
    }

    fn received(&self, client: usize) -> Vec<u8> {
        self.clients[client].rx.drain().collect()
    }

    fn say(&self, client: usize, bytes: &[u8]) {
        bytes.iter().for_each(|byte| assert!(self.clients[client].tx.push(*byte)));
    }

    fn sent(&self) -> Vec<(u8, Vec<u8>)> {
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        self.line.send(&mut |byte| {
            found.extend(reader.take(byte).map(|frame| (frame.client, frame.bytes.to_vec())));
        });
        found
    }
}

fn written(client: u8, bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    bytes.chunks(LONGEST).for_each(|part| frame::write(client, part.iter().copied(), &mut |byte| wire.push(byte)));
    wire
}

#[test]
fn each_gets_its_own() {
    let mut bench = Bench::new(2);
    let wire = [written(1, b"$g#67"), written(0, &[0, FLAG, 0x7d, 255]), written(1, b"+")].concat();
    assert_eq!(bench.receive(&wire), [1, 0, 1]);
    assert_eq!(bench.received(0), [0, FLAG, 0x7d, 255]);
    assert_eq!(bench.received(1), b"$g#67+");
}

#[test]
fn what_is_for_nobody_is_dropped() {
    let mut bench = Bench::new(2);
    let wire =
        [written(2, b"a"), written(200, b"b"), written(0, b""), vec![1, 2, FLAG, FLAG], written(1, b"c")].concat();
    assert_eq!(bench.receive(&wire), [1]);
    assert_eq!((bench.received(0), bench.received(1)), (vec![], b"c".to_vec()));
}

#[test]
fn clients_take_turns() {
    let bench = Bench::new(2);
    bench.say(0, &[1; 3 * LONGEST]);
    bench.say(1, b"short");
    let sent = bench.sent();
    let order: Vec<(u8, usize)> = sent.iter().map(|(client, bytes)| (*client, bytes.len())).collect();
    assert_eq!(order, [(0, LONGEST), (1, 5), (0, LONGEST), (0, LONGEST)]);
    assert_eq!(bench.sent(), []);
}

#[test]
fn who_waited_for_room_is_told() {
    let bench = Bench::new(2);
    bench.say(1, &[0; CAPACITY]);
    bench.clients[1].tx.await_room();
    assert_eq!(bench.line.take_awaited().count(), 0);
    bench.sent();
    assert_eq!(bench.line.take_awaited().collect::<Vec<_>>(), [1]);
}

#[test]
fn who_reads_in_time_loses_nothing() {
    let mut bench = Bench::new(1);
    let bytes: Vec<u8> = (0..CAPACITY + 100).map(|n| n as u8).collect();
    let (mut got, mut looks) = (Vec::new(), 0);
    // The ring's end lies in the middle of a frame.
    for byte in [written(0, &bytes[..1]), written(0, &bytes[1..])].concat() {
        bench.line.receive(byte);
        while bench.line.is_held() {
            looks += 1;
            if looks == PATIENCE - 1 {
                got.extend(bench.received(0));
            }
            bench.line.look();
        }
    }
    got.extend(bench.received(0));
    assert_eq!(got, bytes);
}

/// Whoever reads nothing before it has a whole ringful finds one, wherever frames end.
#[test]
fn a_ring_is_full_before_anything_is_lost() {
    let mut bench = Bench::new(1);
    bench.receive(&[written(0, b"x"), written(0, &[1; CAPACITY])].concat());
    assert_eq!(bench.received(0).len(), CAPACITY);
    assert_eq!(bench.receive(&written(0, b"next")), [0]);
    assert_eq!(bench.received(0), b"next");
}

#[test]
fn who_does_not_read_holds_the_others_up_once() {
    let mut bench = Bench::new(2);
    bench.receive(&written(0, &[1; CAPACITY]));
    let mut looks = 0;
    for byte in written(0, &[2; CAPACITY]) {
        bench.line.receive(byte);
        while bench.line.is_held() {
            bench.line.look();
            looks += 1;
            assert!(looks <= ENOUGH);
        }
    }
    assert_eq!(looks, ENOUGH);
    assert_eq!(bench.receive(&written(1, b"on")), [1]);
    // A part is not enough, or it could do the same again at once.
    bench.clients[0].rx.pop();
    assert_eq!(bench.receive(&written(0, b"x")), []);
    assert_eq!(bench.received(0).len(), CAPACITY - 1);
    assert_eq!(bench.receive(&written(0, b"back")), [0]);
    assert_eq!((bench.received(0), bench.received(1)), (b"back".to_vec(), b"on".to_vec()));
}

proptest! {
    /// A host that sends anything delays nobody for ever, and the next frame arrives.
    #[test]
    fn a_hostile_host_is_harmless(garbage in prop::collection::vec(any::<u8>(), 0..2000), bytes in prop::collection::vec(any::<u8>(), 1..LONGEST)) {
        let mut bench = Bench::new(3);
        bench.receive(&garbage);
        bench.received(1);
        bench.receive(&written(1, &bytes));
        prop_assert!(bench.received(1).ends_with(&bytes));
    }

    /// What a client does to its indices costs it what it has to say, and nobody else.
    #[test]
    fn a_hostile_client_is_harmless(head in any::<u32>(), tail in any::<u32>()) {
        let mut bench = Bench::new(2);
        bench.clients[0].tx.publish(head);
        bench.clients[0].tx.consume(tail);
        bench.clients[0].rx.publish(head);
        bench.clients[0].rx.consume(tail);
        bench.say(1, b"on");
        let sent = bench.sent();
        prop_assert!(sent.iter().filter(|(client, _)| *client == 0).count() <= CAPACITY / LONGEST);
        prop_assert!(sent.contains(&(1, b"on".to_vec())));
        bench.receive(&[written(0, &[3; CAPACITY]), written(1, b"too")].concat());
        prop_assert_eq!(bench.received(1), b"too");
    }
}
