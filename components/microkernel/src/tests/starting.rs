// SPDX-License-Identifier: MIT OR Apache-2.0
//! `VCPU_Recall` and `VCPU_Start`: a vCPU that is stopped and started from outside.

use super::stopping::*;
use super::world::*;
use crate::fault::Fault;
use crate::object::tcb::ThreadState::*;
use lazaret_abi::{DebugRegister, VCPU_RECALL, VCPU_START, VCPU_WAKE, VcpuWait, fault_context};
use sel4_abi::error::Error;
use sel4_abi::object::ObjectType;

/// What the vCPU did, and that it executes nothing any more.
#[test]
fn a_recalled_vcpu_does_not_run() {
    type Before = fn() -> Vm;
    let cases: [(Before, VcpuWait, VcpuWait); 6] = [
        (|| Vm::new(true), VcpuWait::Stopped, VcpuWait::Stopped),
        (
            || {
                let vm = Vm::new(true);
                vm.w.resume(vm.guest_number);
                vm
            },
            VcpuWait::Runs,
            VcpuWait::Stopped,
        ),
        (
            || {
                // Its budget is used up.
                let vm = Vm::new(true);
                vm.w.resume(vm.guest_number);
                vm.w.root_waits();
                vm.guest.context.elr.set(HERE);
                vm.w.run_us(5000);
                assert!(vm.guest.in_release_queue.get());
                vm.w.root_returns();
                vm
            },
            VcpuWait::Runs,
            VcpuWait::Stopped,
        ),
        (
            || {
                let vm = Vm::trapped(false, WFI);
                vm.w.root_returns();
                vm
            },
            VcpuWait::Answer,
            VcpuWait::Answer,
        ),
        (
            || {
                // Nobody receives.
                let vm = Vm::new(false);
                vm.w.kernel.suspend(vm.vmm);
                vm.w.resume(vm.guest_number);
                vm.w.root_waits();
                vm.w.fault(WFI);
                vm.w.root_returns();
                vm
            },
            VcpuWait::Sends,
            VcpuWait::Sends,
        ),
        (
            || {
                let vm = Vm::trapped(false, WFI);
                vm.w.root_returns();
                vm.w.delete(vm.reply);
                vm
            },
            VcpuWait::Lost,
            VcpuWait::Stopped,
        ),
    ];
    for (before, was, is) in cases {
        let vm = before();
        assert_eq!(vm.recall(), Some(was));
        assert_eq!((vm.state(), vm.recall()), (Some(is), Some(is)), "after {was:?}");
        let place = vm.place();
        vm.w.kernel.suspend(vm.vmm);
        vm.w.root_waits();
        for _ in 0..5 {
            vm.w.run_us(20_000);
            assert_eq!((vm.w.kernel.current(), vm.place()), (None, place), "it ran after {was:?}");
        }
    }
}

/// With the registers that it had, wherever it was stopped.
#[test]
fn a_recalled_vcpu_goes_on_where_it_was() {
    let vm = Vm::new(true);
    vm.w.resume(vm.guest_number);
    vm.w.root_waits();
    vm.guest.context.elr.set(0x8888);
    vm.guest.context.x[9].set(99);
    vm.w.root_returns();
    assert_eq!(vm.recall(), Some(VcpuWait::Runs));
    assert_eq!(vm.w.call_label(vm.vcpu, VCPU_WAKE, &[], &[]), ok());
    vm.w.root_waits();
    assert_eq!((vm.w.current(), vm.guest.context.elr.get(), vm.guest.context.x[9].get()), (vm.guest, 0x8888, 99));
}

#[test]
fn a_started_vcpu_has_what_it_was_given() {
    let debug = fault_context::debug_write(DebugRegister::Bvr(3), false);
    let vm = Vm::new(true);
    vm.guest.context.x[9].set(99);
    assert_eq!(vm.start(&[0x9000, 0x6000_03c5, 9, 7]), ok());
    let notification = vm.w.root_waits();
    assert_eq!((vm.w.current(), vm.guest.context.elr.get()), (vm.guest, 0x9000));
    assert_eq!(vm.place()[1..], [0x6000_03c5, 7]);
    vm.w.root_returns();
    vm.w.delete(notification);
    vm.recall();
    assert_eq!(vm.start(&[0x9004, 0x3c9, debug, 0x1234]), ok());
    assert_eq!(vm.place()[1] & 0x1f, 0, "EL2 is no state for a guest");
    assert_eq!(vm.w.kernel.cpu.arch.debug_written.get(), Some((DebugRegister::Bvr(3), 0x1234, false)));
}

/// Its next refill is still to come.
#[test]
fn a_started_vcpu_without_budget_waits_for_it() {
    let vm = Vm::new(true);
    vm.w.resume(vm.guest_number);
    let notification = vm.w.root_waits();
    vm.w.run_us(5000);
    vm.w.root_returns();
    vm.w.delete(notification);
    assert_eq!(vm.recall(), Some(VcpuWait::Runs));
    assert!(!vm.guest.in_release_queue.get());
    assert_eq!(vm.start(&ON), ok());
    assert!(vm.guest.in_release_queue.get());
    vm.w.root_waits();
    assert_eq!(vm.w.kernel.current(), None);
    vm.w.run_us(5000);
    assert_eq!((vm.w.current(), vm.guest.context.elr.get()), (vm.guest, HERE + 4));
}

#[test]
fn only_a_stopped_vcpu_is_started() {
    type Before = fn(&Vm);
    let not_stopped: [Before; 3] = [
        |vm| vm.w.resume(vm.guest_number),
        |vm| {
            vm.w.resume(vm.guest_number);
            vm.w.root_waits();
            vm.trap(WFI);
            vm.w.root_returns();
        },
        |vm| {
            vm.w.kernel.suspend(vm.vmm);
            vm.w.resume(vm.guest_number);
            vm.w.root_waits();
            vm.w.fault(WFI);
            vm.w.root_returns();
        },
    ];
    for before in not_stopped {
        let vm = Vm::new(false);
        before(&vm);
        let (place, state) = (vm.place(), vm.guest.state.get());
        assert_eq!(vm.start(&[0x9000, 0x3c5, 9, 7]), refused(Error::IllegalOperation, &[]));
        assert_eq!((vm.place(), vm.guest.state.get()), (place, state));
    }
    let vm = Vm::new(false);
    let unbound = vm.w.make(ObjectType::Vcpu, 0);
    assert_eq!(vm.w.call_label(unbound, VCPU_START, &ON, &[]), refused(Error::IllegalOperation, &[]));
    assert_eq!(vm.w.call_label(unbound, VCPU_RECALL, &[], &[]), refused(Error::IllegalOperation, &[]));
}

/// A fault that nobody can answer is forgotten.
#[test]
fn a_vcpu_whose_answer_was_lost_is_started() {
    let vm = Vm::trapped(false, WFI);
    vm.w.root_returns();
    vm.w.delete(vm.reply);
    assert_eq!(vm.state(), Some(VcpuWait::Lost));
    assert_eq!(vm.start(&ON), ok());
    assert_eq!((vm.state(), vm.guest.fault.get()), (Some(VcpuWait::Runs), Fault::None));
}

#[test]
fn bad_words_start_nothing() {
    let core_has_none = fault_context::debug_write(DebugRegister::Bvr(15), true);
    let bad = refused(Error::InvalidArgument, &[2]);
    for register in [32, 63, 1 << 16 | 0xfff, 1 << 18, 1 << 40, u64::MAX] {
        let vm = Vm::new(true);
        let place = vm.place();
        assert_eq!(vm.start(&[0x9000, 0x3c5, register, 7]), bad, "{register:x}");
        assert_eq!((vm.place(), vm.guest.state.get()), (place, Inactive));
    }
    let vm = Vm::new(true);
    let place = vm.place();
    vm.w.kernel.cpu.arch.refuses_debug_writes.set(true);
    assert_eq!(vm.start(&[0x9000, 0x3c5, core_has_none, 7]), bad);
    assert_eq!(vm.start(&ON[..3]), refused(Error::TruncatedMessage, &[]));
    assert_eq!((vm.place(), vm.guest.state.get()), (place, Inactive));
    // Of another object it is none.
    assert_eq!(vm.w.call_label(vm.guest_number, VCPU_START, &ON, &[]), refused(Error::IllegalOperation, &[]));
    assert_eq!(vm.w.call_label(vm.guest_number, VCPU_RECALL, &[], &[]), refused(Error::IllegalOperation, &[]));
}
