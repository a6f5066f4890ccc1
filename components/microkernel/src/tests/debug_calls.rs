// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debug system calls, which a debug configuration has.

use super::world::*;
use sel4_abi::boot_info::slot;
use sel4_abi::fault::FaultLabel;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall;

fn halt(w: &World) {
    w.syscall(Syscall::DebugHalt, [0; 3], MessageInfo(0), &[], &[]);
}

#[test]
fn the_root_task_may_halt() {
    let w = World::new();
    halt(&w);
    assert!(w.kernel.cpu.arch.halted.get());
    assert_eq!(w.current(), w.root);
}

/// It has the call as little as any other number: its handler is told.
#[test]
fn a_program_may_not_halt() {
    let w = World::new();
    let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
    let number = w.thread(254, w.sched_context(10_000, 10_000), w.mint(endpoint, 9, 0xfa));
    w.expect(number, TcbSetSpace, &[0, 0], &[w.mint(endpoint, 9, 0xfa), w.make(ObjectType::CNode, 4), slot::VSPACE]);
    w.resume(number);
    w.receive(Syscall::Recv, endpoint, reply);
    assert_eq!(w.current(), w.thread_of(number));
    halt(&w);
    assert!(!w.kernel.cpu.arch.halted.get());
    assert_eq!(w.current(), w.root);
    assert_eq!(w.message(w.root).1.label, FaultLabel::UnknownSyscall as u64);
}
