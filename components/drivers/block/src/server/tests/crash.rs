// SPDX-License-Identifier: MIT OR Apache-2.0
//! The server dies before any of its steps, and again; the next one has the shared memory and nothing else, and its disk
//! does nothing of what the one before was told.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use proptest::prelude::*;
use sddf_abi::block::{Code, Request};

use super::model::{FakeDisk, Fuse, Honest, Killed, Memory, RANGES, client, description, request};
use crate::MAX_CLIENTS;
use crate::server::Server;

/// One life of the server, to the end of all requests.
fn live(memories: &[Memory; 2], honest: &mut [Honest; 2], fuse: &Fuse) {
    let mut disk = FakeDisk::new(fuse, memories, &[0, 1]);
    let mut clients = [const { None }; MAX_CLIENTS];
    for (number, memory) in memories.iter().enumerate() {
        clients[number] = Some(client(memory, fuse, number, RANGES[number]));
    }
    let mut server = Server::new(clients);
    server.describe(&description());
    for _ in 0..1000 {
        honest.iter_mut().zip(memories).for_each(|(client, memory)| client.act(memory));
        if honest.iter().all(Honest::is_done) {
            return;
        }
        server.serve(&mut disk);
    }
    panic!("somebody waits for ever");
}

/// Runs all requests through deaths after so many steps each, and returns how many steps the last life took.
fn run(requests: &[Vec<Request>; 2], deaths: &[u64]) -> u64 {
    let (memories, fuse) = ([Memory::new(), Memory::new()], Fuse::never());
    let mut honest = [0, 1].map(|number| Honest::new(&requests[number], RANGES[number]));
    for death in deaths.iter().map(|steps| Some(*steps)).chain([None]) {
        fuse.light(death);
        let life = catch_unwind(AssertUnwindSafe(|| live(&memories, &mut honest, &fuse)));
        if let Err(why) = life.map_err(|why| why.downcast::<Killed>()) {
            why.map_or_else(|why| resume_unwind(why), drop);
        }
    }
    for (memory, requests) in memories.iter().zip(requests) {
        let all = requests.len() as u32;
        assert_eq!((memory.responses.tail(), memory.responses.get(all)), (all, None), "an answer too many");
    }
    fuse.taken()
}

#[test]
fn a_death_at_any_two_steps_is_not_noticed() {
    let first = [
        request(Code::Write, 0, 0, 2, 0),
        request(Code::Read, 0, 99, 1, 0),
        request(Code::Read, 0, 1, 1, 0),
        request(Code::Barrier, 0, 0, 0, 0),
        request(Code::Flush, 0, 0, 0, 0),
    ];
    let second = [request(Code::Read, 0, 0, 1, 0), request(Code::Write, 0, 0, 1, 0), request(Code::Read, 0, 3, 1, 0)];
    let requests = [first.to_vec(), second.to_vec()];
    let steps = run(&requests, &[]);
    assert!((60..400).contains(&steps), "{steps} steps");
    for one in 0..steps {
        for other in 0..steps {
            run(&requests, &[one, other]);
        }
    }
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let any = (0..6u32, 0..20u64, 0..5u16, 0..9u64);
    let any = any.prop_map(|(code, block, count, at)| Request { code, block, count, offset: at * 4096, id: 0 });
    prop::collection::vec(any, 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn many_deaths_are_not_noticed(
        first in requests(),
        second in requests(),
        deaths in prop::collection::vec(0..900u64, 0..20),
    ) {
        run(&[first, second], &deaths);
    }
}
