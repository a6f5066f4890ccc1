// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages, notifications, replies and faults.

use super::invariants::check;
use super::world::*;
use crate::cap::Cap;
use crate::fault::Fault;
use crate::object::tcb::ThreadState::{BlockedOnReceive, BlockedOnReply, BlockedOnSend, Inactive, Running};
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::*;

#[test]
fn a_message_arrives_with_badge_and_words() {
    let w = World::new();
    let endpoint = w.endpoint();
    let badged = w.mint(endpoint, 15, 0xbad);
    let (_, a) = w.running(100);
    let (_, b) = w.running(50);
    w.root_waits();
    assert_eq!(w.current(), a);
    w.receive(Wait, endpoint, 0);
    assert_eq!((a.state.get(), w.current()), (BlockedOnReceive, b));
    let words: Vec<u64> = (1..=20).collect();
    w.syscall(Send, [badged, 0, 0], MessageInfo::new(77, 0, 0, 20), &words, &[]);
    assert_eq!(w.current(), a);
    assert_eq!(w.message(a), (0xbad, Answer { label: 77, words }));
    check(&w);
}

#[test]
fn senders_are_served_by_priority_then_age() {
    let w = World::new();
    let endpoint = w.endpoint();
    for priority in [10, 30, 20, 30] {
        w.running(priority);
    }
    w.root_waits();
    let mut order = vec![];
    for number in 0..4 {
        order.push(w.current().priority.get());
        w.send(Send, endpoint, number, &[]);
    }
    // The first of each priority runs first, and all wait now.
    assert_eq!(order, [30, 30, 20, 10]);
    check(&w);
    w.root_returns();
    let mut labels = vec![];
    for _ in 0..4 {
        w.receive(NBWait, endpoint, 0);
        labels.push(w.message(w.root).1.label);
    }
    assert_eq!(labels, [0, 1, 2, 3]);
    w.receive(NBWait, endpoint, 0);
    assert_eq!(w.message(w.root).0, 0);
    check(&w);
}

#[test]
fn call_and_reply() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let (_, server) = w.running(200);
    let (_, client) = w.running(100);
    w.root_waits();
    w.receive(Recv, endpoint, reply);
    w.send(Call, endpoint, 5, &[1, 2]);
    assert_eq!((client.state.get(), w.current()), (BlockedOnReply, server));
    assert_eq!(w.message(server).1, Answer { label: 5, words: vec![1, 2] });
    check(&w);
    w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo::new(6, 0, 0, 1), &[3], &[]);
    assert_eq!((server.state.get(), w.current()), (BlockedOnReceive, client));
    assert_eq!(w.message(client), (0, Answer { label: 6, words: vec![3] }));
    // Nobody waits for this reply any more.
    w.syscall(Send, [reply, 0, 0], MessageInfo::new(7, 0, 0, 0), &[], &[]);
    assert_eq!(w.current(), client);
    check(&w);
}

#[test]
fn a_reply_object_holds_one_caller() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let (_, server) = w.running(200);
    let (_, first) = w.running(100);
    let (_, second) = w.running(90);
    w.root_waits();
    w.receive(Recv, endpoint, reply);
    w.send(Call, endpoint, 1, &[]);
    w.receive(Recv, endpoint, reply);
    assert_eq!(first.state.get(), Inactive);
    assert_eq!(w.current(), second);
    w.send(Call, endpoint, 2, &[]);
    assert_eq!((second.state.get(), w.current()), (BlockedOnReply, server));
    check(&w);
}

#[test]
fn without_a_reply_object_a_caller_stops() {
    let w = World::new();
    let endpoint = w.endpoint();
    let (_, client) = w.running(100);
    w.root_waits();
    w.send(Call, endpoint, 1, &[]);
    assert_eq!(client.state.get(), BlockedOnSend);
    w.root_returns();
    w.receive(Wait, endpoint, 0);
    assert_eq!(client.state.get(), Inactive);
    check(&w);
}

#[test]
fn capabilities_travel_with_the_grant_right() {
    let w = World::new();
    let endpoint = w.endpoint();
    let badged = w.mint(endpoint, 15, 9);
    let no_grant = w.mint(endpoint, 3, 0);
    let gift = w.make(ObjectType::Notification, 0);
    let place = w.fresh();
    let (_, receiver) = w.running(200);
    let (_, sender) = w.running(100);
    w.root_waits();
    let receive = || {
        let buffer = receiver.buffer(true).unwrap();
        buffer.receive_cnode.set(slot::CNODE);
        buffer.receive_index.set(place);
        buffer.receive_depth.set(64);
        w.receive(Wait, endpoint, 0);
    };
    let send = |through, caps: &[u64]| {
        assert_eq!(w.current(), sender);
        w.syscall(Send, [through, 0, 0], MessageInfo::new(0, 0, caps.len() as u64, 0), &[], caps);
        MessageInfo(receiver.context.x[1].get())
    };
    receive();
    let info = send(no_grant, &[gift]);
    assert_eq!((info.extra_caps(), w.slot(place).is_empty()), (0, true));
    receive();
    let info = send(endpoint, &[badged, gift, gift]);
    // The first comes as its badge, the second as a copy, the third finds no slot.
    assert_eq!((info.extra_caps(), info.caps_unwrapped()), (2, 1));
    assert_eq!(receiver.buffer(true).unwrap().caps_or_badges[0].get(), 9);
    assert_eq!(w.slot(place).cap(), w.slot(gift).cap());
    check(&w);
}

#[test]
fn signals_add_up_and_wake() {
    let w = World::new();
    let notification = w.make(ObjectType::Notification, 0);
    let (one, two) = (w.mint(notification, 3, 1), w.mint(notification, 3, 2));
    w.send(Send, one, 0, &[]);
    w.send(NBSend, two, 0, &[]);
    w.receive(Wait, notification, 0);
    assert_eq!(w.message(w.root).0, 3);
    w.receive(NBWait, notification, 0);
    assert_eq!(w.message(w.root).0, 0);
    let (_, waiter) = w.running(254);
    w.root_waits();
    w.receive(Wait, notification, 0);
    w.root_returns();
    w.send(Send, two, 0, &[]);
    assert_eq!((waiter.state.get(), w.message(waiter).0), (Running, 2));
    check(&w);
}

#[test]
fn a_bound_notification_reaches_a_receiver() {
    let w = World::new();
    let (endpoint, notification) = (w.endpoint(), w.make(ObjectType::Notification, 0));
    let badged = w.mint(notification, 3, 4);
    let (number, server) = w.running(254);
    w.expect(number, TcbBindNotification, &[], &[notification]);
    assert_eq!(w.call(number, TcbBindNotification, &[], &[notification]), error(3, &[]));
    w.root_waits();
    w.receive(Wait, endpoint, 0);
    w.root_returns();
    w.send(Send, badged, 0, &[]);
    assert_eq!((server.state.get(), w.message(server).0), (Running, 4));
    check(&w);
    // Nobody else may wait on it.
    w.receive(NBWait, notification, 0);
    assert_eq!(w.root.state.get(), Inactive);
}

#[test]
fn faults_arrive_and_are_answered() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let handler = w.mint(endpoint, 9, 0xfa);
    let sc = w.sched_context(5000, 5000);
    let number = w.thread(100, sc, handler);
    let thread = w.thread_of(number);
    w.resume(number);
    let fault = |fault| {
        w.receive(Recv, endpoint, reply);
        assert_eq!(w.current(), thread);
        thread.context.elr.set(0x8000);
        w.fault(fault);
        assert_eq!((w.current(), thread.state.get()), (w.root, BlockedOnReply));
        check(&w);
        w.message(w.root)
    };
    let (badge, message) = fault(Fault::VmFault { addr: 0xa00_0000, prefetch: false, esr: 0x93c2_8005 });
    assert_eq!((badge, message), (0xfa, error(6, &[0x8000, 0xa00_0000, 0, 0x93c2_8005])));
    w.expect(number, TcbWriteRegisters, &[0, 1, 0x8004], &[]);
    w.send(Send, reply, 0, &[]);
    let (_, message) = fault(Fault::VcpuFault { hsr: 0x7e0_0000 });
    assert_eq!(message, error(8, &[0x7e0_0000]));
    w.send(Send, reply, 1, &[]);
    // The reply's label does not matter: the thread runs on at the faulting instruction.
    assert_eq!(fault(Fault::VppiEvent(27)).1, error(9, &[27]));
    w.send(Send, reply, 0, &[]);
    let (_, message) = fault(Fault::UserException { number: 0x2000_0000, code: 0 });
    assert_eq!((message.label, message.words[0], message.words[3]), (3, 0x8000, 0x2000_0000));
    w.send(Send, reply, 0, &[0x9000, 0x10, 0xffff_ffff]);
    assert_eq!((thread.fault_ip.get(), thread.context.sp_el0.get()), (0x9000, 0x10));
    assert_eq!(thread.context.spsr.get(), 0xf000_0140);
}

#[test]
fn unknown_system_calls() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let number = w.thread(100, w.sched_context(5000, 5000), endpoint);
    let thread = w.thread_of(number);
    w.resume(number);
    w.receive(Recv, endpoint, reply);
    thread.context.x[7].set(1234);
    thread.context.elr.set(0x7004);
    crate::entry::slow_path::handle_syscall(&w.kernel);
    let (_, message) = w.message(w.root);
    assert_eq!((message.label, message.words.len()), (2, 13));
    assert_eq!((message.words[8], message.words[10], message.words[12]), (0x7000, 0x7004, 1234));
    let answer: Vec<u64> = (0..8).chain([0x7004, 0x20, 0xdead, 0x8000_0000]).collect();
    w.syscall(Send, [reply, 0, 0], MessageInfo::new(1, 0, 0, 12), &answer, &[]);
    assert_eq!((thread.state.get(), thread.context.x[5].get()), (Inactive, 5));
    w.resume(number);
    w.receive(Recv, endpoint, reply);
    assert_eq!((w.current(), thread.context.elr.get()), (thread, 0x7004));
}

#[test]
fn capability_faults() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let number = w.thread(100, w.sched_context(5000, 5000), endpoint);
    w.resume(number);
    w.receive(Recv, endpoint, reply);
    let ip = w.current().context.elr.get();
    w.receive(Recv, endpoint, 0);
    assert_eq!(w.message(w.root).1, error(1, &[ip, 0, 1, 2, 0]));
    w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
    w.send(Call, 1 << 40, 0, &[]);
    assert_eq!(w.message(w.root).1, error(1, &[ip, 1 << 40, 0, 4, 64, 0, GUARD_BITS.into()]));
    w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
    // A non-blocking send to nowhere is nobody's business.
    let thread = w.current();
    w.send(NBSend, 1 << 40, 0, &[]);
    w.send(Send, w.fresh(), 0, &[]);
    assert_eq!(w.current(), thread);
    check(&w);
}

#[test]
fn without_a_handler_a_thread_stops() {
    let w = World::new();
    let (_, thread) = w.running(100);
    w.root_waits();
    w.fault(Fault::VcpuFault { hsr: 1 });
    assert_eq!((thread.state.get(), w.kernel.current()), (Inactive, None));
    check(&w);
}

#[test]
fn deleting_an_endpoint_restarts_who_waits() {
    let w = World::new();
    let endpoint = w.endpoint();
    let (_, sender) = w.running(100);
    w.root_waits();
    w.send(Send, endpoint, 0, &[]);
    w.root_returns();
    w.delete(endpoint);
    assert!(sender.is_runnable() && matches!(w.slot(endpoint).cap(), Cap::Null));
    check(&w);
}

#[test]
fn sends_of_a_badge_are_cancelled() {
    let w = World::new();
    let endpoint = w.endpoint();
    let (one, two) = (w.mint(endpoint, 15, 1), w.mint(endpoint, 15, 2));
    let (_, a) = w.running(100);
    let (_, b) = w.running(90);
    w.root_waits();
    w.send(Send, one, 0, &[]);
    w.send(Send, two, 0, &[]);
    w.root_returns();
    w.expect(slot::CNODE, CNodeCancelBadgedSends, &[one, 64], &[]);
    assert!(a.is_runnable());
    assert_eq!(b.state.get(), BlockedOnSend);
    check(&w);
}
