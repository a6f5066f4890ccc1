// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose time it is, and whose turn: on borrowed time nobody has more of either than its own.

use super::fastpath::{HVC, Vm};
use super::invariants::check;
use super::scheduling::passive_server;
use super::world::*;
use crate::arch::ticks_from_us;
use crate::fault::Fault;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use lazaret_abi::fault_context::{NO_REGISTER, REPLY_LABEL, WAIT_LABEL};
use sel4_abi::invocation::Invocation::*;
use sel4_abi::message_info::MessageInfo;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::*;
use sel4_abi::vcpu_reg::VcpuReg;

/// Of [`World::running`].
const SLICE_US: u64 = 10_000;

/// A server that nobody has called, and two clients of one priority with time slices, of which the first runs.
struct Clients {
    w: World,
    server: Ref<Tcb>,
    endpoint: u64,
    reply: u64,
    first: Ref<Tcb>,
    second: Ref<Tcb>,
}

impl Clients {
    fn new(fast_paths: bool) -> Self {
        let w = World::new();
        w.fast_paths.set(fast_paths);
        let (endpoint, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
        let server = passive_server(&w, 200, endpoint, reply);
        let threads = [w.running(100).1, w.running(100).1];
        w.root_waits();
        let first = w.current();
        let second = if first == threads[0] { threads[1] } else { threads[0] };
        Self { w, server, endpoint, reply, first, second }
    }

    fn call(&self) {
        self.w.send(Call, self.endpoint, 1, &[]);
        assert_eq!(self.w.current(), self.server);
    }

    fn reply(&self) {
        self.w.syscall(ReplyRecv, [self.endpoint, self.reply, 0], MessageInfo(0), &[], &[]);
        check(&self.w);
    }

    /// The slice ends while the server has it: the server goes on.
    fn end_slice(&self) {
        self.w.run_us(SLICE_US);
        assert_eq!(self.w.current(), self.server);
        check(&self.w);
    }
}

#[test]
fn a_slice_that_ends_in_a_server_ends_its_clients_turn() {
    for fast_paths in [true, false] {
        let c = Clients::new(fast_paths);
        for _ in 0..3 {
            c.call();
            c.reply();
            assert_eq!(c.w.current(), c.first, "its slice is not over");
        }
        c.call();
        c.end_slice();
        c.reply();
        assert_eq!(c.w.current(), c.second, "the first one's turn was over");
        c.w.run_us(SLICE_US);
        assert_eq!(c.w.current(), c.first);
        // Once: the next call is in a slice that has only begun.
        c.call();
        c.reply();
        assert_eq!(c.w.current(), c.first);
    }
}

#[test]
fn the_turn_ends_when_the_last_of_nested_calls_returns() {
    for fast_paths in [true, false] {
        let c = Clients::new(fast_paths);
        let (endpoint, reply) = c.w.root_returns_to_do(|w| (w.endpoint(), w.make(ObjectType::Reply, 0)));
        let inner = c.w.root_returns_to_do(|w| passive_server(w, 150, endpoint, reply));
        assert_eq!(c.w.current(), c.first);
        c.call();
        c.w.send(Call, endpoint, 2, &[]);
        assert_eq!(c.w.current(), inner);
        c.w.run_us(SLICE_US);
        assert_eq!(c.w.current(), inner);
        c.w.syscall(ReplyRecv, [endpoint, reply, 0], MessageInfo(0), &[], &[]);
        assert_eq!(c.w.current(), c.server, "the context is not at home yet");
        check(&c.w);
        c.reply();
        assert_eq!(c.w.current(), c.second);
    }
}

#[test]
fn a_turn_that_cannot_end_at_home_is_forgotten() {
    type Change = fn(&Clients);
    let changes: [Change; 3] = [
        // The context stays with the server.
        |c| c.w.kernel.suspend(c.first),
        |c| c.w.kernel.unbind_thread(c.server.sched_context.get().unwrap()),
        |c| {
            let sc = c.server.sched_context.get().unwrap();
            c.w.kernel.configure_round_robin(sc, ticks_from_us(&c.w.kernel.cpu.arch, SLICE_US));
        },
    ];
    for change in changes {
        let c = Clients::new(true);
        let sc = c.first.sched_context.get().unwrap();
        c.call();
        c.end_slice();
        assert!(sc.turn_over.get());
        c.w.root_returns();
        change(&c);
        assert!(!sc.turn_over.get());
        check(&c.w);
    }
}

/// What a guest's exits cost is its own: its turn ends though its slices all end in its VMM, which answers so.
fn makes_room(label: u64) {
    for fast_paths in [true, false] {
        let vm = Vm::passive(fast_paths);
        let other = vm.w.root_returns_to_do(|w| {
            // The timer is due.
            w.expect(vm.vcpu, VcpuWriteReg, &[VcpuReg::CntvCtl as u64, 1], &[]);
            w.running(100).1
        });
        while vm.w.current() == other {
            vm.w.run_us(SLICE_US);
        }
        for _ in 0..3 {
            assert_eq!(vm.w.current(), vm.guest);
            vm.w.fault(Fault::VcpuFault { hsr: HVC });
            vm.w.run_us(5000);
            assert_eq!(vm.w.current(), vm.handler);
            vm.answer_to(other, label, &[0x8004, 0x3c5, NO_REGISTER, 0]);
            check(&vm.w);
            vm.w.run_us(SLICE_US);
        }
    }
}

#[test]
fn a_guest_whose_slices_end_in_its_monitor_makes_room() {
    makes_room(REPLY_LABEL);
}

/// The wait is over at once: the guest can run, and has no turn all the same.
#[test]
fn a_guest_that_waits_makes_room_too() {
    makes_room(WAIT_LABEL);
}

/// A turn that ended does so when its thread runs again, however it comes to that.
#[test]
fn a_turn_is_over_when_its_thread_starts_again() {
    let c = Clients::new(true);
    c.call();
    c.end_slice();
    c.w.root_returns_to_do(|w| {
        w.delete(c.reply);
        check(w);
        w.kernel.restart(c.first);
    });
    assert_eq!(c.w.current(), c.second);
}

#[test]
fn a_monitor_on_its_guests_time_is_interrupted_when_its_own_budget_would_end() {
    for (fast_paths, passes) in [(false, false), (true, false), (true, true)] {
        let vm = Vm::new(fast_paths);
        if passes {
            vm.pass();
        }
        vm.w.fault(Fault::VcpuFault { hsr: HVC });
        let arch = &vm.w.kernel.cpu.arch;
        assert!(arch.deadline.get() - arch.time.get() <= ticks_from_us(arch, 900));
        // From then on it is on its own, which it has used up if it was before.
        vm.w.run_us(900);
        let own = if fast_paths { vm.handler.sched_context.get() } else { None };
        assert_eq!(vm.w.kernel.cpu.current_sc.get(), own);
        check(&vm.w);
    }
}

/// Nothing is changed about the deadline when the time only passes on.
#[test]
fn a_passive_monitor_has_its_guests_deadline() {
    for passes in [false, true] {
        let vm = Vm::passive(true);
        let deadline = vm.w.kernel.cpu.arch.deadline.get();
        if passes {
            vm.pass();
            assert!(vm.w.kernel.cpu.arch.passes.get() > 0, "passed on");
        }
        vm.w.fault(Fault::VcpuFault { hsr: HVC });
        assert_eq!((vm.w.current(), vm.w.kernel.cpu.arch.deadline.get()), (vm.handler, deadline));
        check(&vm.w);
        assert_eq!(vm.guest.sched_context.get(), None);
    }
}

/// A notification that lends time does not keep its thread from the fast paths when the time is somebody else's.
#[test]
fn a_monitor_that_a_notification_can_wake_still_passes() {
    let vm = Vm::passive(true);
    let notification = vm.w.root_returns_to_do(|w| {
        let (notification, sc) = (w.make(ObjectType::Notification, 0), w.sched_context(900, 1000));
        w.expect(sc, SchedContextBind, &[], &[notification]);
        w.kernel.bind_notification(vm.handler, w.notification_of(notification));
        notification
    });
    vm.pass();
    assert!(vm.w.kernel.cpu.arch.passes.get() > 0, "passed on");
    // A signal wakes it, on the notification's time; the guest keeps its own.
    vm.w.root_returns_to_wait(|w| w.send(Send, notification, 0, &[]));
    assert_eq!((vm.w.current(), vm.guest.sched_context.get().is_some()), (vm.handler, true));
    check(&vm.w);
    vm.wait();
    assert_eq!((vm.w.current(), vm.handler.sched_context.get()), (vm.guest, None));
    check(&vm.w);
    vm.pass();
}
