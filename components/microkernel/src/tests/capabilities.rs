// SPDX-License-Identifier: MIT OR Apache-2.0
//! Derivation, revocation, deletion.

use super::invariants::{check, has_children};
use super::world::*;
use crate::cap::Cap;
use crate::object::tcb::ThreadState::{BlockedOnReply, Inactive};
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::{Call, Recv};

#[test]
fn revoking_a_badge_leaves_its_siblings() {
    let w = World::new();
    let endpoint = w.endpoint();
    let (one, two) = (w.mint(endpoint, 15, 1), w.mint(endpoint, 15, 2));
    let copy = w.fresh();
    assert_eq!(w.copy(copy, one, 15), ok());
    w.revoke(one);
    assert!(w.slot(copy).is_empty() && !w.slot(one).is_empty() && !w.slot(two).is_empty());
    w.revoke(endpoint);
    assert!(w.slot(one).is_empty() && w.slot(two).is_empty() && !w.slot(endpoint).is_empty());
    check(&w);
}

#[test]
fn a_deleted_parent_leaves_children_to_the_grandparent() {
    let w = World::new();
    let endpoint = w.endpoint();
    let one = w.mint(endpoint, 15, 1);
    let copy = w.fresh();
    assert_eq!(w.copy(copy, one, 15), ok());
    w.delete(one);
    assert!(!w.slot(copy).is_empty());
    w.revoke(endpoint);
    assert!(w.slot(copy).is_empty());
    check(&w);
}

#[test]
fn revoking_an_untyped_takes_everything_in_it() {
    let w = World::new();
    let untyped = w.make(ObjectType::Untyped, 16);
    let first = w.fresh();
    for _ in 0..40 {
        w.fresh();
    }
    assert_eq!(w.retype_at(untyped, ObjectType::Tcb, 0, first, 4), ok());
    assert_eq!(w.retype_at(untyped, ObjectType::CNode, 5, first + 4, 2), ok());
    assert_eq!(w.retype_at(untyped, ObjectType::Endpoint, 0, first + 6, 8), ok());
    assert_eq!(w.retype_at(untyped, ObjectType::SmallPage, 0, first + 14, 2), ok());
    assert_eq!(w.copy(first + 20, untyped, 15), error(9, &[]));
    // One CNode in the other, and the thread in both.
    let inner = |node: u64, index: u64, source: u64| {
        w.expect(node, CNodeCopy, &[index, 5, source, 64, 15], &[slot::CNODE]);
    };
    inner(first + 4, 0, first + 5);
    inner(first + 5, 3, first + 4);
    inner(first + 5, 4, first);
    w.delete(first + 5);
    w.delete(first);
    check(&w);
    w.revoke(untyped);
    assert!(!has_children(&w, untyped));
    for number in first..first + 16 {
        assert!(w.slot(number).is_empty());
    }
    check(&w);
    // All of the memory is there again, and zeroed.
    assert_eq!(w.retype_at(untyped, ObjectType::CNode, 11, first, 1), ok());
    check(&w);
}

#[test]
fn a_cnode_that_holds_itself_goes() {
    let w = World::new();
    let untyped = w.make(ObjectType::Untyped, 12);
    let node = w.fresh();
    assert_eq!(w.retype_at(untyped, ObjectType::CNode, 2, node, 1), ok());
    w.expect(node, CNodeMove, &[1, 2, node, 64], &[slot::CNODE]);
    assert!(w.slot(node).is_empty());
    w.revoke(untyped);
    assert!(!has_children(&w, untyped));
    check(&w);
}

#[test]
fn a_ring_of_cnodes_goes() {
    let w = World::new();
    let untyped = w.make(ObjectType::Untyped, 12);
    let (a, b) = (w.fresh(), w.fresh());
    assert_eq!(w.retype_at(untyped, ObjectType::CNode, 2, a, 2), ok());
    w.expect(a, CNodeCopy, &[3, 2, b, 64, 15], &[slot::CNODE]);
    w.expect(b, CNodeCopy, &[0, 2, a, 64, 15], &[slot::CNODE]);
    w.delete(a);
    w.delete(b);
    check(&w);
    w.revoke(untyped);
    assert!(!has_children(&w, untyped));
    check(&w);
}

#[test]
fn a_thread_deletes_itself() {
    let w = World::new();
    let (number, thread) = w.running(100);
    w.root_waits();
    assert_eq!(w.current(), thread);
    w.send(Call, slot::CNODE, CNodeDelete.label(), &[number, 64]);
    assert_eq!(w.kernel.current(), None);
    w.root_returns();
    assert!(w.slot(number).is_empty());
    check(&w);
}

#[test]
fn deletion_stops_for_an_interrupt_and_goes_on() {
    let w = World::new();
    let node = w.make(ObjectType::CNode, 9);
    for index in 0..512 {
        w.expect(node, CNodeCopy, &[index, 9, slot::TCB, 64, 15], &[slot::CNODE]);
    }
    w.kernel.cpu.arch.pending.set(true);
    let mut calls = 0;
    while !w.slot(node).is_empty() {
        let before = w.root.context.elr.get();
        w.send(Call, slot::CNODE, CNodeDelete.label(), &[node, 64]);
        check(&w);
        calls += 1;
        assert_eq!(w.root.context.elr.get() == before + 4, w.slot(node).is_empty());
    }
    assert!((5..8).contains(&calls), "{calls}");
}

#[test]
fn a_client_of_a_deleted_server_hears_nothing_but_can_be_restarted() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let (server, _) = w.running(200);
    let (client_number, client) = w.running(100);
    w.root_waits();
    w.receive(Recv, endpoint, reply);
    w.send(Call, endpoint, 1, &[]);
    w.root_returns();
    w.delete(server);
    assert_eq!(client.state.get(), BlockedOnReply);
    w.delete(reply);
    assert_eq!(client.state.get(), Inactive);
    w.resume(client_number);
    check(&w);
}

#[test]
fn moving_keeps_the_place_in_the_tree() {
    let w = World::new();
    let endpoint = w.endpoint();
    let badged = w.mint(endpoint, 15, 5);
    let (there, node) = (w.fresh(), w.make(ObjectType::CNode, 3));
    w.expect(slot::CNODE, CNodeMove, &[there, 64, endpoint, 64], &[slot::CNODE]);
    w.revoke(there);
    assert!(w.slot(badged).is_empty());
    // A new guard by Mutate, and an exchange by Rotate.
    w.expect(slot::CNODE, CNodeMutate, &[endpoint, 64, node, 64, 61], &[slot::CNODE]);
    assert!(matches!(w.slot(endpoint).cap(), Cap::CNode(cnode) if cnode.guard_bits == 61));
    let rotate = [there, 64, 61, endpoint, 64, 0, there, 64];
    // A moved endpoint cannot get a badge, not even 0.
    assert_eq!(w.call(slot::CNODE, CNodeRotate, &rotate, &[slot::CNODE, slot::CNODE]), error(3, &[]));
    check(&w);
}

#[test]
fn revoking_irq_control_frees_the_interrupts() {
    let w = World::new();
    let (handler, notification) = (w.fresh(), w.make(ObjectType::Notification, 0));
    w.expect(slot::IRQ_CONTROL, IrqControlGet, &[40, handler, 64], &[slot::CNODE]);
    w.expect(handler, IrqHandlerSetNotification, &[], &[notification]);
    crate::entry::slow_path::handle_interrupt(&w.kernel, 40);
    assert!(!w.kernel.cpu.arch.is_unmasked(40));
    w.receive(sel4_abi::syscall::Syscall::NBWait, notification, 0);
    w.expect(handler, IrqHandlerAck, &[], &[]);
    assert!(w.kernel.cpu.arch.is_unmasked(40));
    w.revoke(slot::IRQ_CONTROL);
    assert!(w.slot(handler).is_empty() && !w.kernel.cpu.arch.is_unmasked(40));
    w.expect(slot::IRQ_CONTROL, IrqControlGet, &[40, handler, 64], &[slot::CNODE]);
    w.delete(notification);
    check(&w);
}
