// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client that writes anything anywhere, beside one that keeps to the rules.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use proptest::prelude::*;
use sddf_abi::block::{CAPACITY, Code, Request, Response};

use super::model::{FakeDisk, Fuse, Honest, Killed, Memory, RANGES, client, request};
use crate::MAX_CLIENTS;
use crate::server::Server;

#[derive(Clone, Debug)]
enum Deed {
    Put(u32, Request),
    MoveTail(u32),
    MoveHead(u32),
    Respond(Response),
    MoveResponses(u32),
    TakeResponses(u32),
    Serve,
    Kill(u64),
}

/// Numbers near what is right, and any.
fn index() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..300u32, 1 => any::<u32>(), 1 => (u32::MAX - 200)..=u32::MAX]
}

fn number() -> impl Strategy<Value = u64> {
    let near = (0..20u64, -2..3i64);
    prop_oneof![
        4 => near.prop_map(|(n, by)| (n * 4096).wrapping_add_signed(by)),
        4 => 0..16u64,
        1 => any::<u64>(),
        1 => (u64::MAX - 0x2_0000)..=u64::MAX
    ]
}

fn a_request() -> impl Strategy<Value = Request> {
    let count = prop_oneof![4 => 0..10u16, 1 => any::<u16>()];
    let code = prop_oneof![8 => 0..4u32, 1 => any::<u32>()];
    let all = (code, number(), number(), count, any::<u32>());
    all.prop_map(|(code, offset, block, count, id)| Request { code, offset, block, count, id })
}

fn deed() -> impl Strategy<Value = Deed> {
    let response = (any::<u32>(), any::<u16>(), any::<u32>());
    prop_oneof![
        8 => (0..CAPACITY, a_request()).prop_map(|(at, request)| Deed::Put(at, request)),
        4 => index().prop_map(Deed::MoveTail),
        1 => index().prop_map(Deed::MoveHead),
        1 => response.prop_map(|(status, count, id)| Deed::Respond(Response { status, count, id })),
        1 => index().prop_map(Deed::MoveResponses),
        3 => index().prop_map(Deed::TakeResponses),
        8 => Just(Deed::Serve),
        1 => (0..200u64).prop_map(Deed::Kill),
    ]
}

fn server<'a>(memories: &'a [Memory; 2], fuse: &'a Fuse) -> Server<super::model::Stepped<'a>> {
    let mut clients = [const { None }; MAX_CLIENTS];
    for (number, memory) in memories.iter().enumerate() {
        clients[number] = Some(client(memory, fuse, number, RANGES[number]));
    }
    Server::new(clients)
}

/// Until all deeds are done or the server is killed.
fn live(deeds: &mut impl Iterator<Item = Deed>, memories: &[Memory; 2], honest: &mut Honest, fuse: &Fuse) {
    let mut disk = FakeDisk::new(fuse, memories, &[1]);
    let mut server = server(memories, fuse);
    let [bad, good] = memories;
    let mut serve = |honest: &mut Honest| {
        honest.act(good);
        fuse.limit(3 * 9 * u64::from(CAPACITY));
        server.serve(&mut disk);
        honest.act(good);
    };
    for deed in deeds {
        match deed {
            Deed::Put(at, request) => bad.requests.put(at, &request),
            Deed::MoveTail(tail) => bad.requests.publish(tail),
            Deed::MoveHead(head) => bad.requests.consume(head),
            Deed::Respond(response) => bad.responses.put(&response),
            Deed::MoveResponses(tail) => bad.responses.publish(tail),
            Deed::TakeResponses(head) => bad.responses.consume(head),
            Deed::Serve => serve(honest),
            Deed::Kill(steps) => fuse.light(Some(steps)),
        }
    }
    fuse.light(None);
    for _ in 0..1000 {
        serve(honest);
    }
    assert!(honest.is_done(), "the other client waits for ever");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nobody_else_notices(deeds in prop::collection::vec(deed(), 0..200)) {
        let (memories, fuse) = ([Memory::new(), Memory::new()], Fuse::never());
        let requests = [request(Code::Read, 0, 1, 1, 0), request(Code::Write, 0, 0, 1, 0)];
        let mut honest = Honest::new(&requests.repeat(40), RANGES[1]);
        let mut deeds = deeds.into_iter();
        loop {
            fuse.light(None);
            let life = catch_unwind(AssertUnwindSafe(|| live(&mut deeds, &memories, &mut honest, &fuse)));
            let Err(why) = life else { break };
            why.downcast::<Killed>().map_or_else(|why| resume_unwind(why), drop);
        }
    }
}
