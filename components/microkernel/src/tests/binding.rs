// SPDX-License-Identifier: MIT OR Apache-2.0
//! `VCPU_BindNotification`: a signal that interrupts a vCPU.

use super::invariants::check;
use super::vm::*;
use super::world::*;
use crate::cap::Cap;
use crate::fault::Fault;
use crate::object::notification::{Notification, NotificationState};
use crate::object::reference::Ref;
use crate::object::tcb::ThreadState;
use lazaret_abi::{
    NO_INJECTION, VCPU_BIND_NOTIFICATION, VCPU_PREPARE_VPPI, VCPU_UNBIND_NOTIFICATION, VCPU_WAIT, injection_word,
};
use sel4_abi::fault::FaultLabel;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;
use sel4_abi::syscall::Syscall::{NBWait, Send, Wait};

/// Interrupt 40 in list register 2, priority 3, group 1.
const WORD: u64 = injection_word(40, 3, 1, 2);
/// What it becomes: without maintenance.
const VALUE: u32 = 0x5180_0028;
const OTHER: u32 = VALUE & !0x3ff | 41;

struct Bound {
    vm: Vm,
    notification: u64,
}

impl Bound {
    /// The guest has trapped; nothing is bound.
    fn ready() -> Self {
        let vm = Vm::trapped();
        let notification = vm.w.make(ObjectType::Notification, 0);
        Self { vm, notification }
    }

    fn new() -> Self {
        let bound = Self::ready();
        assert_eq!(bound.bind(WORD), ok());
        bound
    }

    fn bind(&self, word: u64) -> Answer {
        let answer = self.vm.call(VCPU_BIND_NOTIFICATION, &[word], &[self.notification]);
        check(&self.vm.w);
        answer
    }

    fn signal(&self) {
        self.vm.w.send(Send, self.notification, 0, &[]);
        check(&self.vm.w);
    }

    fn object(&self) -> Ref<Notification> {
        match self.vm.w.slot(self.notification).cap() {
            Cap::Notification { object, .. } => object,
            other => panic!("{other:?}"),
        }
    }

    fn is_kept(&self) -> bool {
        self.object().state.get() == NotificationState::Active
    }

    fn list_register(&self) -> u32 {
        self.vm.list_register(2)
    }
}

#[test]
fn a_signal_is_an_interrupt_and_nothing_else() {
    let bound = Bound::new();
    assert_eq!(bound.list_register(), 0);
    bound.signal();
    bound.signal();
    assert_eq!((bound.list_register(), bound.is_kept()), (VALUE, false));
    assert_eq!(bound.vm.tcb().state.get(), ThreadState::BlockedOnReply, "a fault is open");
    // While the guest handles it.
    bound.vm.set_list_register(2, VALUE & !PENDING | ACTIVE);
    bound.signal();
    assert_eq!((bound.list_register(), bound.is_kept()), (VALUE | ACTIVE, false));
}

#[test]
fn an_interrupts_signal_goes_the_same_way() {
    let bound = Bound::new();
    let handler = bound.vm.w.fresh();
    bound.vm.w.expect(
        sel4_abi::boot_info::slot::IRQ_CONTROL,
        IrqControlGet,
        &[60, handler, 64],
        &[sel4_abi::boot_info::slot::CNODE],
    );
    bound.vm.w.expect(handler, IrqHandlerSetNotification, &[], &[bound.notification]);
    bound.vm.go_on(0x1000);
    crate::entry::slow_path::handle_interrupt(&bound.vm.w.kernel, 60);
    assert_eq!((bound.list_register(), bound.vm.w.current()), (VALUE, bound.vm.tcb()));
}

#[test]
fn signals_from_before_the_binding_count() {
    let bound = Bound::ready();
    bound.signal();
    assert!(bound.is_kept());
    assert_eq!(bound.bind(WORD), ok());
    assert_eq!((bound.list_register(), bound.is_kept()), (VALUE, false));
}

#[test]
fn another_interrupt_in_its_place_comes_first() {
    for held in [OTHER, OTHER & !PENDING | ACTIVE] {
        let bound = Bound::ready();
        bound.vm.set_list_register(2, held);
        assert_eq!(bound.bind(WORD), ok());
        bound.signal();
        bound.signal();
        assert_eq!((bound.list_register(), bound.is_kept()), (held | MAINTENANCE, true));
        bound.vm.w.fast_paths.set(false);
        bound.vm.go_on(0x1000);
        bound.vm.trap(HVC);
        assert_eq!((bound.list_register(), bound.is_kept()), (held | MAINTENANCE, true));
        // It has ended, and that is told first.
        bound.vm.set_list_register(2, OTHER & !PENDING | MAINTENANCE);
        bound.vm.go_on(0x1000);
        bound.vm.trap(HVC);
        assert!(bound.is_kept());
        bound.vm.go_on(0x1000);
        crate::entry::slow_path::handle_interrupt(&bound.vm.w.kernel, 25);
        assert_eq!(bound.vm.w.current(), bound.vm.w.root);
        assert_eq!(bound.vm.message().label, FaultLabel::VgicMaintenance as u64);
        assert_eq!(bound.vm.message().words[0], 2);
        assert_eq!((bound.list_register(), bound.is_kept()), (VALUE, false));
        check(&bound.vm.w);
    }
}

#[test]
fn a_waiting_vcpu_goes_on_and_a_stopped_one_stays() {
    let bound = Bound::new();
    assert_eq!(bound.vm.call(VCPU_WAIT, &[], &[]), ok());
    assert_eq!(bound.vm.tcb().state.get(), ThreadState::Inactive);
    bound.signal();
    assert_eq!((bound.vm.tcb().state.get(), bound.list_register()), (ThreadState::Restart, VALUE));
    // There is an interrupt: it does not wait at all.
    bound.vm.w.expect(bound.vm.guest, TcbSuspend, &[], &[]);
    assert_eq!(bound.vm.call(VCPU_WAIT, &[], &[]), ok());
    assert_eq!(bound.vm.tcb().state.get(), ThreadState::Restart);
    check(&bound.vm.w);
    bound.vm.w.expect(bound.vm.guest, TcbSuspend, &[], &[]);
    bound.vm.set_list_register(2, 0);
    bound.signal();
    assert_eq!((bound.vm.tcb().state.get(), bound.list_register()), (ThreadState::Inactive, VALUE));
}

#[test]
fn a_wait_that_was_over_is_no_wait() {
    let bound = Bound::new();
    assert_eq!(bound.vm.call(VCPU_WAIT, &[], &[]), ok());
    bound.vm.w.expect(bound.vm.guest, TcbSuspend, &[], &[]);
    bound.signal();
    assert_eq!(bound.vm.tcb().state.get(), ThreadState::Inactive);
}

#[test]
fn the_prepared_timers_interrupt_ends_a_wait_too() {
    let vm = Vm::trapped();
    assert_eq!(vm.call(VCPU_PREPARE_VPPI, &[injection_word(27, 0, 0, 0)], &[]).label, 0);
    vm.set_timer(1, 0);
    vm.go_on(0x1000);
    crate::entry::slow_path::handle_interrupt(&vm.w.kernel, 27);
    vm.trap(Fault::VcpuFault { hsr: 0x07e0_0000 });
    assert_eq!(vm.call(VCPU_WAIT, &[], &[]), ok());
    assert_eq!(vm.tcb().state.get(), ThreadState::Restart);
    assert_ne!(vm.list_register(0), 0);
}

#[test]
fn either_side_s_end_is_the_bindings() {
    type Deed = fn(&Bound);
    let deeds: [(Deed, bool); 4] = [
        (|bound| assert_eq!(bound.vm.call(VCPU_UNBIND_NOTIFICATION, &[], &[]), ok()), true),
        (|bound| bound.vm.w.delete(bound.vm.vcpu), true),
        (|bound| bound.vm.w.delete(bound.notification), false),
        (|bound| bound.vm.w.revoke(UNTYPED), false),
    ];
    for (deed, is_left) in deeds {
        let bound = Bound::new();
        bound.signal();
        let vcpu = bound.vm.object();
        deed(&bound);
        check(&bound.vm.w);
        assert_eq!(vcpu.binding.notification.get(), None);
        if is_left {
            assert_eq!(bound.object().bound_vcpu.get(), None);
            bound.signal();
            assert!(bound.is_kept(), "a plain notification again");
            // What was pending stays.
            assert_eq!(vcpu.vgic.lr[2].get(), VALUE);
        }
    }
}

#[test]
fn bad_bindings_are_refused_and_nothing_is_done() {
    let bound = Bound::ready();
    let (vm, w) = (&bound.vm, &bound.vm.w);
    assert_eq!(vm.call(VCPU_BIND_NOTIFICATION, &[WORD], &[]), error(TRUNCATED_MESSAGE, &[]));
    assert_eq!(vm.call(VCPU_BIND_NOTIFICATION, &[], &[bound.notification]), error(TRUNCATED_MESSAGE, &[]));
    assert_eq!(bound.bind(injection_word(1020, 0, 0, 0)), error(RANGE_ERROR, &[0, 1019]));
    assert_eq!(bound.bind(injection_word(40, 32, 0, 0)), error(RANGE_ERROR, &[0, 31]));
    assert_eq!(bound.bind(injection_word(40, 0, 2, 0)), error(RANGE_ERROR, &[0, 1]));
    assert_eq!(bound.bind(injection_word(40, 0, 0, 4)), error(RANGE_ERROR, &[0, 3]));
    let weak = w.mint(bound.notification, 13, 5);
    for cap in [vm.guest, vm.endpoint, weak, w.fresh()] {
        assert_eq!(vm.call(VCPU_BIND_NOTIFICATION, &[WORD], &[cap]), error(INVALID_CAPABILITY, &[1]));
    }
    assert_eq!(vm.call(VCPU_UNBIND_NOTIFICATION, &[], &[]), error(ILLEGAL_OPERATION, &[]));
    assert_eq!(vm.call(VCPU_PREPARE_VPPI, &[injection_word(27, 0, 0, 0)], &[]).label, 0);
    assert_eq!(bound.bind(injection_word(40, 0, 0, 0)), error(DELETE_FIRST, &[]));
    assert_eq!(vm.call(VCPU_PREPARE_VPPI, &[NO_INJECTION], &[]).label, 0);
    w.expect(vm.guest, TcbBindNotification, &[], &[bound.notification]);
    assert_eq!(bound.bind(WORD), error(ILLEGAL_OPERATION, &[]), "a thread's");
    w.expect(vm.guest, TcbUnbindNotification, &[], &[]);
    assert_eq!(vm.object().binding.notification.get(), None);
    assert_eq!(bound.bind(WORD), ok());
    assert_eq!(bound.bind(WORD), error(ILLEGAL_OPERATION, &[]), "bound already");
    let second = w.make(ObjectType::Vcpu, 0);
    let answer = w.call_label(second, VCPU_BIND_NOTIFICATION, &[WORD], &[bound.notification]);
    assert_eq!(answer, error(ILLEGAL_OPERATION, &[]), "another's");
    assert_eq!(w.call(vm.guest, TcbBindNotification, &[], &[bound.notification]), error(ILLEGAL_OPERATION, &[]));
    assert_eq!(w.call(vm.vcpu, VcpuInjectIrq, &[WORD], &[]), error(DELETE_FIRST, &[]));
    w.resume(vm.guest);
    let other = w.make(ObjectType::Notification, 0);
    assert_eq!(vm.call(VCPU_BIND_NOTIFICATION, &[WORD], &[other]), error(ILLEGAL_OPERATION, &[]));
}

#[test]
fn nobody_waits_for_a_bound_notification_or_binds_one_that_is_waited_for() {
    let bound = Bound::ready();
    let w = &bound.vm.w;
    let (_, waiting) = w.running(254);
    let other = w.root_waits();
    assert_eq!(w.current(), waiting);
    w.receive(Wait, bound.notification, 0);
    w.root_returns();
    assert_eq!(bound.bind(WORD), error(ILLEGAL_OPERATION, &[]));
    w.send(Send, bound.notification, 0, &[]);
    assert_eq!(bound.bind(WORD), ok());
    w.receive(Wait, other, 0);
    assert_eq!(w.current(), waiting);
    w.receive(NBWait, bound.notification, 0);
    // Without a handler its fault stops it.
    assert_eq!(waiting.state.get(), ThreadState::Inactive);
    check(w);
}
