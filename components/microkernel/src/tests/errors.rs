// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errors with their words, as seen on seL4.

use super::world::*;
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;
use sel4_abi::rights::CapRights;
use sel4_abi::syscall::Syscall;

const ILLEGAL: u64 = 3;

#[test]
fn fault_endpoint_needs_write_and_a_grant() {
    let w = World::new();
    let (endpoint, thread) = (w.endpoint(), w.make(ObjectType::Tcb, 0));
    let params = |handler| w.call(thread, TcbSetSchedParams, &[255, 1], &[slot::TCB, 0, handler]);
    for (rights, answer) in [(1, error(2, &[3])), (2, error(2, &[3])), (5, ok()), (9, ok()), (15, ok())] {
        assert_eq!(params(w.mint(endpoint, rights, 0)), answer, "rights {rights}");
    }
    let read_only = w.mint(endpoint, 2, 0);
    assert_eq!(w.call(thread, TcbSetTimeoutEndpoint, &[], &[read_only]), error(2, &[1]));
    assert_eq!(w.call(thread, TcbSetTimeoutEndpoint, &[], &[endpoint]), ok());
    let spaces = [read_only, slot::CNODE, slot::VSPACE];
    assert_eq!(w.call(thread, TcbSetSpace, &[0, 0], &spaces), error(2, &[1]));
}

#[test]
fn threads() {
    let w = World::new();
    let thread = w.make(ObjectType::Tcb, 0);
    assert_eq!(w.call(thread, TcbSetPriority, &[256], &[slot::TCB]), error(4, &[0, 255]));
    assert_eq!(w.call(thread, TcbSetPriority, &[1], &[slot::CNODE]), error(2, &[1]));
    assert_eq!(w.call(thread, TcbReadRegisters, &[0, 37], &[]), error(4, &[1, 36]));
    assert_eq!(w.call(thread, TcbReadRegisters, &[0, 0], &[]), error(4, &[1, 36]));
    assert_eq!(w.call(slot::TCB, TcbReadRegisters, &[0, 1], &[]), error(ILLEGAL, &[]));
    assert_eq!(w.call(slot::TCB, TcbWriteRegisters, &[0, 0], &[]), error(ILLEGAL, &[]));
    assert_eq!(w.call(thread, TcbWriteRegisters, &[0, 3, 1, 2], &[]), error(7, &[]));
    assert_eq!(w.call(thread, TcbResume, &[], &[]), ok());
    let frame = w.make(ObjectType::SmallPage, 0);
    assert_eq!(w.call(thread, TcbSetIPCBuffer, &[0x200], &[frame]), error(5, &[]));
    assert_eq!(w.call(thread, TcbSetIPCBuffer, &[0x400], &[slot::CNODE]), error(ILLEGAL, &[]));
    assert_eq!(w.call(thread, TcbSetIPCBuffer, &[0x400], &[frame]), ok());
    assert_eq!(w.call(thread, TcbUnbindNotification, &[], &[]), error(ILLEGAL, &[]));
    assert_eq!(w.call(thread, TcbConfigure, &[0, 0], &[]), error(7, &[]));
    assert_eq!(w.call_label(thread, 99, &[], &[]), error(ILLEGAL, &[]));
    // The words of a message are not touched by an error without words.
    assert_eq!((w.root.context.x[2].get(), w.root.context.x[3].get()), (0, 0));
}

#[test]
fn fresh_thread() {
    let w = World::new();
    let thread = w.make(ObjectType::Tcb, 0);
    let answer = w.call(thread, TcbReadRegisters, &[0, 36], &[]);
    assert_eq!((answer.label, answer.words.len(), answer.words[2]), (0, 36, 0x140));
    let words: Vec<u64> = [0, 36].into_iter().chain(100..136).collect();
    assert_eq!(w.call(thread, TcbWriteRegisters, &words, &[]), ok());
    let mut expected: Vec<u64> = (100..136).collect();
    expected[2] = 0x140;
    assert_eq!(w.call(thread, TcbReadRegisters, &[0, 36], &[]).words, expected);
}

#[test]
fn scheduling_contexts() {
    let w = World::new();
    assert_eq!(w.call(slot::SCHED_CONTEXT, SchedContextUnbind, &[], &[]), error(ILLEGAL, &[]));
    assert_eq!(w.call(slot::SCHED_CONTEXT, SchedContextUnbindObject, &[], &[slot::TCB]), error(ILLEGAL, &[]));
    let (sc, other) = (w.sched_context(1000, 2000), w.sched_context(1000, 2000));
    let thread = w.thread(1, sc, 0);
    assert_eq!(w.call(sc, SchedContextBind, &[], &[thread]), error(ILLEGAL, &[]));
    assert_eq!(w.call(other, SchedContextBind, &[], &[thread]), error(ILLEGAL, &[]));
    assert_eq!(w.call(other, SchedContextBind, &[], &[slot::CNODE]), error(2, &[1]));
    assert_eq!(w.call(thread, TcbSetSchedParams, &[1, 1], &[slot::TCB, other, 0]), error(ILLEGAL, &[]));
    assert_eq!(w.call(slot::TCB, TcbSetSchedParams, &[1, 1], &[slot::TCB, 0, 0]), error(ILLEGAL, &[]));
    assert_eq!(w.call(sc, SchedContextUnbind, &[], &[]), ok());
    assert_eq!(w.call(other, SchedContextBind, &[], &[thread]), ok());
    assert_eq!(w.call(sc, SchedContextYieldTo, &[], &[]), error(ILLEGAL, &[]));
    assert_eq!(w.call(sc, SchedContextConsumed, &[], &[]), error(0, &[0]));
}

#[test]
fn budgets() {
    let w = World::new();
    const MAX: u64 = 36_893_488_147_419;
    let sc = w.make(ObjectType::SchedContext, 7);
    let configure = |budget, period, refills| {
        w.call(SCHED_CONTROL, SchedControlConfigureFlags, &[budget, period, refills, 0, 0], &[sc])
    };
    assert_eq!(configure(19, 100, 0), error(4, &[20, MAX]));
    assert_eq!(configure(20, 19, 0), error(4, &[20, MAX]));
    assert_eq!(configure(30, 20, 0), error(4, &[20, 20]));
    assert_eq!(configure(20, MAX + 1, 0), error(4, &[20, MAX]));
    assert_eq!(configure(20, 20, 0), ok());
    assert_eq!(configure(MAX, MAX, 0), ok());
    assert_eq!(configure(20, 100, 1), error(4, &[0, 0]));
    let larger = w.make(ObjectType::SchedContext, 8);
    let extra = |n| w.call(SCHED_CONTROL, SchedControlConfigureFlags, &[20, 100, n, 0, 0], &[larger]);
    assert_eq!(extra(8), ok());
    assert_eq!(extra(9), error(4, &[0, 8]));
    let wrong = w.call(SCHED_CONTROL, SchedControlConfigureFlags, &[20, 100, 0, 0, 0], &[slot::TCB]);
    assert_eq!(wrong, error(2, &[1]));
}

#[test]
fn retype() {
    let w = World::new();
    let retype = |words: &[u64]| w.call(UNTYPED, UntypedRetype, words, &[slot::CNODE]);
    let slots = 1 << RADIX;
    assert_eq!(retype(&[2, 0, 0, 0, FREE, 257]), error(4, &[1, 256]));
    assert_eq!(retype(&[2, 0, 0, 0, FREE, 0]), error(4, &[1, 256]));
    assert_eq!(retype(&[13, 0, 0, 0, FREE, 1]), error(1, &[0]));
    assert_eq!(retype(&[2, 0, 0, 0, slot::TCB, 1]), error(8, &[]));
    assert_eq!(retype(&[5, 6, 0, 0, FREE, 1]), error(1, &[1]));
    assert_eq!(retype(&[4, 0, 0, 0, FREE, 1]), error(1, &[1]));
    assert_eq!(retype(&[0, 3, 0, 0, FREE, 1]), error(1, &[1]));
    assert_eq!(retype(&[0, 48, 0, 0, FREE, 1]), error(4, &[0, 47]));
    assert_eq!(retype(&[2, 64, 0, 0, FREE, 1]), error(4, &[0, 47]));
    assert_eq!(retype(&[2, 0, 0, 0, slots, 1]), error(4, &[0, slots - 1]));
    assert_eq!(retype(&[2, 0, 0, 0, slots - 1, 2]), error(4, &[1, 1]));
    assert_eq!(retype(&[8, 0, 0, 0]), error(7, &[]));
    assert_eq!(retype(&[2, 0, slot::TCB, 64, FREE, 1]), error(6, &[0, 2, 64]));
    assert_eq!(retype(&[2, 0, 5, 0, 0, 0]), error(4, &[1, 256]));
    assert_eq!(retype(&[0, 23, 0, 0, FREE, 1]), error(10, &[1 << UNTYPED_BITS]));
    assert_eq!(w.call_label(UNTYPED, 2, &[], &[]), error(ILLEGAL, &[]));
    let device = w.call(DEVICE, UntypedRetype, &[2, 0, 0, 0, FREE, 1], &[slot::CNODE]);
    assert_eq!(device, error(1, &[1]));
    assert_eq!(w.retype_at(DEVICE, ObjectType::SmallPage, 0, FREE, 1), ok());
}

#[test]
fn copies() {
    let w = World::new();
    let vspace = w.make(ObjectType::VSpace, 0);
    assert_eq!(w.copy(w.fresh(), vspace, 15), error(ILLEGAL, &[]));
    assert_eq!(w.copy(w.fresh(), UNTYPED, 15), error(9, &[]));
    assert_eq!(w.copy(w.fresh(), slot::IRQ_CONTROL, 15), error(ILLEGAL, &[]));
    assert_eq!(w.copy(vspace, UNTYPED, 15), error(8, &[]));
    let empty = w.fresh();
    assert_eq!(w.copy(w.fresh(), empty, 15), error(6, &[1, 2, 64]));
    for kind in [SCHED_CONTROL, slot::SCHED_CONTEXT, w.make(ObjectType::Reply, 0)] {
        assert_eq!(w.copy(w.fresh(), kind, 15), ok());
    }
    let endpoint = w.endpoint();
    let badged = w.mint(endpoint, 15, 7);
    let again = [w.fresh(), 64, badged, 64, 15, 8];
    assert_eq!(w.call(slot::CNODE, CNodeMint, &again, &[slot::CNODE]), error(ILLEGAL, &[]));
    let mutate = [w.fresh(), 64, endpoint, 64, 8];
    assert_eq!(w.call(slot::CNODE, CNodeMutate, &mutate, &[slot::CNODE]), error(ILLEGAL, &[]));
    w.mint(endpoint, 15, 0);
    assert_eq!(w.call(slot::CNODE, CNodeDelete, &[1, 0], &[]), error(4, &[1, 64]));
    assert_eq!(w.call(slot::CNODE, CNodeDelete, &[1, 65], &[]), error(4, &[1, 64]));
    assert_eq!(w.call(slot::CNODE, CNodeCancelBadgedSends, &[slot::TCB, 64], &[]), error(ILLEGAL, &[]));
}

#[test]
fn lookups() {
    let w = World::new();
    let guard = |index, depth| w.call(slot::CNODE, CNodeDelete, &[index, depth], &[]);
    assert_eq!(guard(1 << 20, 64), error(6, &[0, 4, 64, 0, GUARD_BITS.into()]));
    assert_eq!(guard(1, 12), error(6, &[0, 4, 12, 0, GUARD_BITS.into()]));
    assert_eq!(guard(0, 60), error(6, &[0, 3, 60, 64]));
    let inner = w.make(ObjectType::CNode, 4);
    // 64 - 4 bits are left below a CNode without guard.
    let small = w.call(inner, CNodeDelete, &[0, 64], &[]);
    assert_eq!(small, error(6, &[0, 3, 60, 0]));
    let not_a_root = w.call(slot::CNODE, CNodeCopy, &[w.fresh(), 64, 1, 64, 15], &[slot::TCB]);
    assert_eq!(not_a_root, error(6, &[1, 1]));
    let invalid = w.call_label(w.fresh(), 1, &[], &[]);
    assert_eq!(invalid, error(2, &[0]));
}

#[test]
fn interrupts() {
    let w = World::new();
    let get = |irq| w.call(slot::IRQ_CONTROL, IrqControlGet, &[irq, w.fresh(), 64], &[slot::CNODE]);
    for irq in [25, 26, 27] {
        assert_eq!(get(irq), error(9, &[]));
    }
    assert_eq!(get(160), error(4, &[0, 159]));
    assert_eq!(get(u64::MAX), error(4, &[0, 159]));
    assert_eq!(get(33), ok());
    assert!(w.kernel.cpu.arch.is_unmasked(33));
    assert_eq!(get(33), error(9, &[]));
    assert_eq!(w.call(slot::IRQ_CONTROL, IrqControlGet, &[34, slot::TCB, 64], &[slot::CNODE]), error(8, &[]));
    let handler = w.fresh();
    assert_eq!(w.call(slot::IRQ_CONTROL, IrqControlGetTrigger, &[34, 1, handler, 64], &[slot::CNODE]), ok());
    assert_eq!(w.call(handler, IrqHandlerSetNotification, &[], &[slot::TCB]), error(2, &[0]));
    assert_eq!(w.call(slot::IRQ_CONTROL, IrqControlIssueSgiSignal, &[1, 0, handler, 64], &[slot::CNODE]).label, 3);
}

#[test]
fn read_only_capabilities_refuse_to_send() {
    let w = World::new();
    let endpoint = w.mint(w.endpoint(), CapRights::READ, 0);
    assert_eq!(w.call_label(endpoint, 0, &[], &[]), error(2, &[0]));
    let notification = w.mint(w.make(ObjectType::Notification, 0), CapRights::READ, 0);
    w.send(Syscall::Send, notification, 0, &[]);
    w.receive(Syscall::NBWait, notification, 0);
    assert_eq!(w.message(w.root).0, 0);
    assert_eq!(w.call(slot::DOMAIN, DomainSetSet, &[1], &[slot::TCB]), error(1, &[0]));
    assert_eq!(w.call(slot::DOMAIN, DomainSetSet, &[0], &[slot::TCB]), ok());
}
