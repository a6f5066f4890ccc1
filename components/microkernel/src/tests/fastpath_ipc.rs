// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fast path of Call and ReplyRecv does what the slow path does, and leaves alone what is not its own.

use super::invariants::check;
use super::world::*;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::tcb::ThreadState::{BlockedOnReceive, BlockedOnReply};
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::*;

/// A client that runs, and a server without time that waits in Recv.
struct Pair {
    w: World,
    client: Ref<Tcb>,
    server: Ref<Tcb>,
    service: u64,
    endpoint: u64,
    reply: u64,
    signal: u64,
    bystander: Ref<Tcb>,
}

impl Pair {
    fn new(fast_paths: bool, rights: u64) -> Self {
        let w = World::new();
        w.fast_paths.set(fast_paths);
        let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
        let signal = w.make(ObjectType::Notification, 0);
        let service = w.mint(endpoint, rights, 0xba);
        let sc = w.sched_context(900, 1000);
        let server = w.thread(200, sc, 0);
        w.expect(server, TcbBindNotification, &[], &[signal]);
        let client = w.thread(100, w.sched_context(5000, 5000), 0);
        let bystander = w.thread(150, w.sched_context(5000, 5000), 0);
        w.resume(server);
        w.resume(client);
        w.root_waits();
        w.receive(Recv, endpoint, reply);
        w.root_returns();
        w.expect(sc, SchedContextUnbind, &[], &[]);
        w.root_waits();
        let [client, server, bystander] = [client, server, bystander].map(|thread| w.thread_of(thread));
        assert_eq!((w.current(), server.state.get()), (client, BlockedOnReceive));
        Self { w, client, server, service, endpoint, reply, signal, bystander }
    }

    fn call(&self, label: u64, words: &[u64]) {
        self.w.syscall(Call, [self.service, 0, 0], MessageInfo::new(label, 0, 0, words.len() as u64), words, &[]);
        check(&self.w);
    }

    fn answer(&self, label: u64, words: &[u64]) {
        let info = MessageInfo::new(label, 0, 0, words.len() as u64);
        self.w.syscall(ReplyRecv, [self.endpoint, self.reply, 0], info, words, &[]);
        check(&self.w);
    }

    /// What user level can see, who runs, who pays, and how the threads are blocked.
    fn digest(&self) -> Vec<u64> {
        let threads = [self.client, self.server, self.bystander, self.w.root];
        let number =
            |thread: Option<Ref<Tcb>>| threads.iter().position(|&one| Some(one) == thread).map_or(9, |n| n as u64);
        let payer = self.w.kernel.cpu.current_sc.get().and_then(|sc| sc.tcb.get());
        let mut words = vec![number(self.w.kernel.current()), number(payer)];
        for thread in [self.client, self.server] {
            words.extend(thread.context.x.iter().map(|x| x.get()));
            words.extend([thread.state.get() as u64, thread.fault_ip.get(), thread.queued.get() as u64]);
            words.extend([thread.reply.get().is_some() as u64, thread.sched_context.get().is_some() as u64]);
        }
        words
    }
}

fn both(rights: u64, story: impl Fn(&Pair, &mut Vec<Vec<u64>>)) {
    let tell = |short| {
        let (pair, mut seen) = (Pair::new(short, rights), Vec::new());
        story(&pair, &mut seen);
        seen
    };
    assert_eq!(tell(true), tell(false));
}

/// Read, write, grant, grant reply, as CNode_Mint takes them.
const ALL: u64 = 15;

#[test]
fn calls_and_answers_are_the_same_on_both_paths() {
    both(ALL, |pair, seen| {
        for length in [0, 1, 3, 4, 5, 20] {
            let words: Vec<u64> = (1..=length).collect();
            pair.call(40 + length, &words);
            assert_eq!((pair.w.current(), pair.client.state.get()), (pair.server, BlockedOnReply));
            assert_eq!(pair.w.message(pair.server), (0xba, Answer { label: 40 + length, words: words.clone() }));
            seen.push(pair.digest());
            pair.answer(length, &words);
            assert_eq!((pair.w.current(), pair.server.state.get()), (pair.client, BlockedOnReceive));
            assert_eq!(pair.w.message(pair.client).1, Answer { label: length, words });
            seen.push(pair.digest());
        }
    });
}

#[test]
fn rights_signals_and_others_that_are_ready_are_the_same_on_both_paths() {
    // Without grant and grant reply the caller stays inactive.
    for rights in [ALL, 1 << 1 | 1, 1 << 3 | 1, 1 << 1] {
        both(rights, |pair, seen| {
            pair.call(1, &[7]);
            seen.push(pair.digest());
        });
    }
    both(ALL, |pair, seen| {
        pair.call(1, &[7]);
        // A signal for the server is there before it waits again.
        pair.w.send(Send, pair.signal, 0, &[]);
        pair.answer(2, &[8]);
        seen.push(pair.digest());
    });
    both(ALL, |pair, seen| {
        pair.call(1, &[7]);
        // Somebody of a priority between the two becomes ready: the server goes on, the client does not.
        pair.w.kernel.set_state(pair.bystander, crate::object::tcb::ThreadState::Running);
        pair.w.kernel.cpu.ready.push_back(pair.bystander);
        pair.answer(2, &[8]);
        assert_eq!(pair.w.current(), pair.bystander);
        seen.push(pair.digest());
    });
}

#[test]
fn the_fast_path_is_taken() {
    let pair = Pair::new(true, ALL);
    let now = pair.w.kernel.cpu.now.get();
    pair.w.pass_us(10);
    pair.call(1, &[7]);
    pair.answer(2, &[8]);
    assert_eq!(pair.w.kernel.cpu.now.get(), now, "the clock was read");
}
