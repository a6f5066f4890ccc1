// SPDX-License-Identifier: MIT OR Apache-2.0
//! Budgets, donation, timeout faults.

use super::invariants::check;
use super::world::*;
use crate::arch::ticks_from_us;
use crate::fault::Fault;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::tcb::ThreadState::{BlockedOnReply, Running};
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::*;

fn fault() -> Fault {
    Fault::VcpuFault { hsr: 0x7e0_0000 }
}

/// A passive server in Recv, started as Microkit does it: on a scheduling context that is then taken away.
pub(super) fn passive_server(w: &World, priority: u64, endpoint: u64, reply: u64) -> Ref<Tcb> {
    let sc = w.sched_context(5000, 5000);
    let number = w.thread(priority, sc, 0);
    let ready = w.make(ObjectType::Notification, 0);
    w.resume(number);
    w.receive(Wait, ready, 0);
    let server = w.thread_of(number);
    assert_eq!(w.current(), server);
    w.syscall(NBSendRecv, [endpoint, reply, ready], MessageInfo(0), &[], &[]);
    assert_eq!(w.current(), w.root);
    w.expect(sc, SchedContextUnbind, &[], &[]);
    assert!(server.sched_context.get().is_none());
    server
}

#[test]
fn round_robin_takes_turns() {
    let w = World::new();
    let (_, a) = w.running(100);
    let (_, b) = w.running(100);
    w.root_waits();
    let first = w.current();
    w.run_us(5_000);
    assert_eq!(w.current(), first);
    w.run_us(5_000);
    let second = w.current();
    assert!(first != second && [a, b].contains(&first) && [a, b].contains(&second));
    w.run_us(10_000);
    assert_eq!(w.current(), first);
    w.send(Yield, 0, 0, &[]);
    assert_eq!(w.current(), second);
    check(&w);
}

#[test]
fn a_budget_is_enforced() {
    let w = World::new();
    let sc = w.sched_context(1_000, 10_000);
    let number = w.thread(100, sc, 0);
    let thread = w.thread_of(number);
    w.resume(number);
    w.root_waits();
    let start = w.kernel.cpu.arch.time.get();
    assert_eq!(w.kernel.cpu.arch.deadline.get(), start + ticks_from_us(&w.kernel.cpu.arch, 1_000));
    w.run_us(1_000);
    assert_eq!(w.kernel.current(), None);
    assert!(thread.in_release_queue.get());
    check(&w);
    assert_eq!(w.kernel.cpu.arch.deadline.get(), start + ticks_from_us(&w.kernel.cpu.arch, 10_000));
    w.run_us(9_000);
    assert_eq!(w.current(), thread);
    w.run_us(1_000);
    assert_eq!(w.kernel.current(), None);
    w.root_returns();
    assert_eq!(w.call(sc, SchedContextConsumed, &[], &[]).words, [2_000]);
    assert_eq!(w.call(sc, SchedContextConsumed, &[], &[]).words, [0]);
    check(&w);
}

#[test]
fn a_system_call_without_budget_happens_later() {
    let w = World::new();
    let number = w.thread(100, w.sched_context(1_000, 10_000), 0);
    let thread = w.thread_of(number);
    let notification = w.make(ObjectType::Notification, 0);
    w.resume(number);
    w.root_waits();
    w.pass_us(985);
    let before = thread.context.elr.get();
    w.send(Send, notification, 0, &[]);
    assert_eq!(w.kernel.current(), None);
    w.run_us(10_000);
    assert_eq!((w.current(), thread.context.elr.get()), (thread, before));
    check(&w);
}

#[test]
fn yield_gives_up_the_refill() {
    let w = World::new();
    let number = w.thread(100, w.sched_context(9_000, 10_000), 0);
    w.resume(number);
    w.root_waits();
    w.send(Yield, 0, 0, &[]);
    assert_eq!(w.kernel.current(), None);
    w.run_us(9_998);
    assert_eq!(w.kernel.current(), None);
    w.run_us(2);
    assert_eq!(w.current(), w.thread_of(number));
}

#[test]
fn timeout_faults_reach_their_handler() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let number = w.thread(100, w.sched_context(1_000, 10_000), 0);
    let thread = w.thread_of(number);
    w.expect(number, TcbSetTimeoutEndpoint, &[], &[endpoint]);
    w.resume(number);
    w.receive(Recv, endpoint, reply);
    w.run_us(1_000);
    assert_eq!((w.current(), thread.state.get()), (w.root, BlockedOnReply));
    assert_eq!(w.message(w.root).1, error(5, &[0x5c5c, 1_000]));
    check(&w);
    // An empty reply resumes the thread; there is no second fault before the refill.
    w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
    assert_eq!((w.kernel.current(), thread.in_release_queue.get()), (None, true));
    w.run_us(9_000);
    assert_eq!((w.current(), thread.state.get()), (thread, Running));
    check(&w);
}

#[test]
fn a_passive_server_runs_on_its_callers_time() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let server = passive_server(&w, 200, endpoint, reply);
    let sc = w.sched_context(5_000, 5_000);
    let number = w.thread(100, sc, 0);
    let client = w.thread_of(number);
    w.resume(number);
    w.root_waits();
    w.send(Call, endpoint, 1, &[]);
    assert_eq!((w.current(), client.sched_context.get()), (server, None));
    assert_eq!(server.sched_context.get(), Some(w.sc_of(sc)));
    check(&w);
    w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
    assert_eq!((w.current(), server.sched_context.get()), (client, None));
    assert_eq!(client.sched_context.get(), Some(w.sc_of(sc)));
    check(&w);
}

#[test]
fn a_chain_of_calls_unwinds() {
    let w = World::new();
    let (first, second) = (w.endpoint(), w.endpoint());
    let (reply, other) = (w.make(ObjectType::Reply, 0), w.make(ObjectType::Reply, 0));
    let outer = passive_server(&w, 200, first, reply);
    let inner = passive_server(&w, 150, second, other);
    let (_, client) = w.running(100);
    w.root_waits();
    w.send(Call, first, 1, &[]);
    assert_eq!(w.current(), outer);
    w.send(Call, second, 2, &[]);
    assert_eq!(w.current(), inner);
    check(&w);
    w.syscall(ReplyRecv, [second, other, 0], MessageInfo(0), &[], &[]);
    assert_eq!(w.current(), outer);
    check(&w);
    w.syscall(ReplyRecv, [first, reply, 0], MessageInfo(0), &[], &[]);
    assert_eq!(w.current(), client);
    check(&w);
}

#[test]
fn a_lost_server_gives_the_time_back_when_its_reply_object_goes() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let server = passive_server(&w, 200, endpoint, reply);
    let (_, client) = w.running(100);
    let sc = client.sched_context.get();
    w.root_waits();
    w.send(Call, endpoint, 1, &[]);
    assert_eq!(w.current(), server);
    w.root_returns();
    w.delete(reply);
    assert_eq!((client.sched_context.get(), server.sched_context.get()), (sc, None));
    check(&w);
}

#[test]
fn a_fault_donates_to_a_passive_handler() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let vmm = passive_server(&w, 200, endpoint, reply);
    let number = w.thread(100, w.sched_context(1_000, 10_000), w.mint(endpoint, 9, 3));
    let guest = w.thread_of(number);
    w.resume(number);
    w.root_waits();
    for _ in 0..3 {
        assert_eq!(w.current(), guest);
        w.fault(fault());
        assert_eq!((w.current(), guest.sched_context.get()), (vmm, None));
        w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
        check(&w);
    }
    // The guest's budget pays for the handler; exhausted, it sleeps in it.
    w.fault(fault());
    w.run_us(1_000);
    assert_eq!((w.kernel.current(), vmm.in_release_queue.get()), (None, true));
    w.run_us(9_000);
    assert_eq!(w.current(), vmm);
    w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
    assert_eq!(w.current(), guest);
    check(&w);
}

#[test]
fn an_active_handler_leaves_the_guest_its_time() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let sc = w.sched_context(1_000, 10_000);
    let number = w.thread(100, sc, endpoint);
    let guest = w.thread_of(number);
    w.resume(number);
    w.receive(Recv, endpoint, reply);
    w.fault(fault());
    assert_eq!((w.current(), guest.sched_context.get()), (w.root, Some(w.sc_of(sc))));
    w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
    assert_eq!(w.current(), guest);
    check(&w);
}

#[test]
fn a_notification_lends_its_time() {
    let w = World::new();
    let notification = w.make(ObjectType::Notification, 0);
    let sc = w.sched_context(1_000, 1_000);
    let number = w.thread(100, sc, 0);
    let driver = w.thread_of(number);
    w.resume(number);
    let ready = w.make(ObjectType::Notification, 0);
    w.receive(Wait, ready, 0);
    w.syscall(NBSendWait, [notification, ready, 0], MessageInfo(0), &[], &[]);
    w.expect(sc, SchedContextUnbind, &[], &[]);
    w.expect(sc, SchedContextBind, &[], &[notification]);
    w.send(Send, notification, 0, &[]);
    assert_eq!(driver.sched_context.get(), Some(w.sc_of(sc)));
    w.root_waits();
    assert_eq!(w.current(), driver);
    w.receive(Wait, notification, 0);
    assert_eq!((w.kernel.current(), driver.sched_context.get()), (None, None));
    check(&w);
}

#[test]
fn priorities_decide() {
    let w = World::new();
    let (low, a) = w.running(50);
    let (_, b) = w.running(60);
    w.root_waits();
    assert_eq!(w.current(), b);
    w.root_returns();
    w.expect(low, TcbSetPriority, &[70], &[slot::TCB]);
    w.root_waits();
    assert_eq!(w.current(), a);
    w.expect(low, TcbSetPriority, &[50], &[slot::TCB]);
    assert_eq!(w.current(), b);
    check(&w);
}

#[test]
fn a_sporadic_context_wakes_with_its_budget_from_now() {
    let w = World::new();
    let sc = w.sched_context(1_000, 10_000);
    w.expect(SCHED_CONTROL, SchedControlConfigureFlags, &[1_000, 10_000, 0, 0, 1], &[sc]);
    let notification = w.make(ObjectType::Notification, 0);
    let number = w.thread(100, sc, 0);
    w.resume(number);
    w.root_waits();
    w.receive(Wait, notification, 0);
    assert_eq!(w.kernel.current(), None);
    w.run_us(50_000);
    w.root_returns();
    w.send(Send, notification, 0, &[]);
    let head = w.sc_of(sc).head();
    assert!(head.time.get() >= ticks_from_us(&w.kernel.cpu.arch, 50_000));
    check(&w);
}
