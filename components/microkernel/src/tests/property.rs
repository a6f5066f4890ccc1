// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random sequences of capability operations and messages, shrunk by proptest when an invariant breaks.

use super::invariants::{check, has_children};
use super::world::*;
use proptest::prelude::*;
use sel4_abi::boot_info::slot;
use sel4_abi::invocation::Invocation;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall;

/// Slots that operations use, from [`FREE`].
const SLOTS: u64 = 24;

#[derive(Clone, Debug)]
enum Operation {
    Retype {
        from: u64,
        kind: ObjectType,
        bits: u64,
        to: u64,
        count: u64,
    },
    Copy {
        to: u64,
        from: u64,
        rights: u64,
    },
    Mint {
        to: u64,
        from: u64,
        badge: u64,
    },
    Move {
        to: u64,
        from: u64,
    },
    /// Into slot `index` of the CNode in `node`.
    MoveInto {
        node: u64,
        index: u64,
        from: u64,
    },
    Delete(u64),
    Revoke(u64),
    Configure {
        thread: u64,
        root: u64,
        handler: u64,
        sc: u64,
    },
    Budget(u64),
    Resume(u64),
    /// A message, by whoever runs.
    Message {
        call: Syscall,
        object: u64,
        reply: u64,
    },
    Time(u64),
}

fn a_slot() -> impl Strategy<Value = u64> {
    (0..SLOTS).prop_map(|n| FREE + n)
}

fn a_kind() -> impl Strategy<Value = (ObjectType, u64)> {
    prop_oneof![
        (8u64..14).prop_map(|bits| (ObjectType::Untyped, bits)),
        Just((ObjectType::Tcb, 0)),
        Just((ObjectType::Endpoint, 0)),
        Just((ObjectType::Notification, 0)),
        (1u64..4).prop_map(|bits| (ObjectType::CNode, bits)),
        Just((ObjectType::SchedContext, 8)),
        Just((ObjectType::Reply, 0)),
        Just((ObjectType::SmallPage, 0)),
    ]
}

fn a_call() -> impl Strategy<Value = Syscall> {
    prop::sample::select(vec![
        Syscall::Call,
        Syscall::ReplyRecv,
        Syscall::Send,
        Syscall::NBSend,
        Syscall::Recv,
        Syscall::Wait,
        Syscall::NBSendRecv,
        Syscall::Yield,
    ])
}

fn an_operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => (prop_oneof![Just(UNTYPED), a_slot()], a_kind(), a_slot(), 1u64..4)
            .prop_map(|(from, (kind, bits), to, count)| Operation::Retype { from, kind, bits, to, count }),
        2 => (a_slot(), a_slot(), 0u64..16).prop_map(|(to, from, rights)| Operation::Copy { to, from, rights }),
        2 => (a_slot(), a_slot(), 0u64..3).prop_map(|(to, from, badge)| Operation::Mint { to, from, badge }),
        1 => (a_slot(), a_slot()).prop_map(|(to, from)| Operation::Move { to, from }),
        3 => (a_slot(), 0u64..4, a_slot()).prop_map(|(node, index, from)| Operation::MoveInto { node, index, from }),
        3 => a_slot().prop_map(Operation::Delete),
        1 => prop_oneof![Just(UNTYPED), a_slot(), a_slot(), a_slot()].prop_map(Operation::Revoke),
        3 => (a_slot(), a_slot(), a_slot(), a_slot())
            .prop_map(|(thread, root, handler, sc)| Operation::Configure { thread, root, handler, sc }),
        2 => a_slot().prop_map(Operation::Budget),
        3 => a_slot().prop_map(Operation::Resume),
        6 => (a_call(), a_slot(), a_slot())
            .prop_map(|(call, object, reply)| Operation::Message { call, object, reply }),
        1 => (1u64..20_000).prop_map(Operation::Time),
    ]
}

/// Errors are as good as successes: only the state matters.
fn apply(w: &World, operation: &Operation) {
    let cnode = |invocation, words: &[u64], caps: &[u64]| drop(w.call(slot::CNODE, invocation, words, caps));
    match *operation {
        Operation::Retype { from, kind, bits, to, count } => drop(w.retype_at(from, kind, bits, to, count)),
        Operation::Copy { to, from, rights } => drop(w.copy(to, from, rights)),
        Operation::Mint { to, from, badge } => {
            cnode(Invocation::CNodeMint, &[to, 64, from, 64, 15, badge], &[slot::CNODE]);
        }
        Operation::Move { to, from } => cnode(Invocation::CNodeMove, &[to, 64, from, 64], &[slot::CNODE]),
        Operation::MoveInto { node, index, from } => {
            let bits = match w.slot(node).cap() {
                crate::cap::Cap::CNode(inner) => inner.radix as u64 + inner.guard_bits as u64,
                _ => 64,
            };
            let words = [index, bits, from, 64];
            let _ = w.call(node, Invocation::CNodeMove, &words, &[slot::CNODE]);
        }
        Operation::Delete(slot) => cnode(Invocation::CNodeDelete, &[slot, 64], &[]),
        Operation::Revoke(slot) => cnode(Invocation::CNodeRevoke, &[slot, 64], &[]),
        Operation::Configure { thread, root, handler, sc } => {
            // Half of them with the root's CSpace, so that their messages arrive somewhere.
            let root = if root % 2 == 0 { slot::CNODE } else { root };
            let _ = w.call(thread, Invocation::TcbSetSpace, &[0, 0], &[handler, root, slot::VSPACE]);
            if w.kernel.current().is_some() {
                let _ = w.call(thread, Invocation::TcbSetSchedParams, &[9, 255], &[slot::TCB, sc, handler]);
            }
        }
        Operation::Budget(sc) => {
            let _ = w.call(SCHED_CONTROL, Invocation::SchedControlConfigureFlags, &[900, 1000, 0, 1, sc & 1], &[sc]);
        }
        Operation::Resume(thread) => drop(w.call(thread, Invocation::TcbResume, &[], &[])),
        Operation::Message { call, object, reply } => {
            let info = sel4_abi::message_info::MessageInfo::new(0, 0, 0, 2);
            w.syscall(call, [object, reply, object], info, &[1, 2], &[]);
        }
        Operation::Time(us) => w.run_us(us),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 200 }, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_whatever_happens(operations in prop::collection::vec(an_operation(), 1..60)) {
        let w = World::new();
        for operation in &operations {
            if w.kernel.current().is_none() {
                w.kernel.settle_resident();
                w.kernel.restart(w.root);
                w.kernel.leave();
            }
            if w.kernel.current().is_none() {
                break;
            }
            apply(&w, operation);
            check(&w);
        }
        // Whatever was made, revoking the memory's capability takes it all.
        w.kernel.settle_resident();
        w.kernel.revoke(w.slot(UNTYPED)).unwrap();
        w.kernel.leave();
        prop_assert!(!has_children(&w, UNTYPED));
        check(&w);
    }
}
