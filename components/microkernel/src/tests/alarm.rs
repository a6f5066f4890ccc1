// SPDX-License-Identifier: MIT OR Apache-2.0
//! `VCPU_SetAlarm`: a guest's VMM is told of a moment, whatever its guest and others do then.

use super::invariants::check;
use super::stopping;
use super::vm::*;
use super::world::*;
use crate::arch::{Clock, ticks_from_us};
use crate::fault::Fault;
use crate::object::tcb::ThreadState::*;
use lazaret_abi::fault_context::{STOP_LABEL, WAIT_LABEL};
use lazaret_abi::{ALARM_EVENT, NO_ALARM, VCPU_SET_ALARM, VCPU_START};
use sel4_abi::fault::FaultLabel;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;

const IP: u64 = 0x4000_1000;

impl Vm {
    /// So far from now.
    fn alarm_in(&self, us: u64) {
        let arch = &self.w.kernel.cpu.arch;
        self.set_alarm(arch.now() + ticks_from_us(arch, us));
    }

    fn set_alarm(&self, count: u64) {
        assert_eq!(self.call(VCPU_SET_ALARM, &[count], &[]), ok());
        check(&self.w);
    }

    /// The root thread, which is current, has the alarm's fault, and the guest waits for its answer.
    fn expect_told(&self) {
        assert_eq!((self.w.current(), self.tcb().state.get()), (self.w.root, BlockedOnReply));
        let message = self.message();
        assert_eq!((message.label, message.words[0]), (FaultLabel::VppiEvent as u64, ALARM_EVENT));
        assert_eq!(self.tcb().fault.get(), Fault::VppiEvent(ALARM_EVENT));
        check(&self.w);
    }
}

#[test]
fn a_guest_that_runs_is_interrupted() {
    let vm = Vm::trapped();
    vm.alarm_in(700);
    vm.go_on(IP);
    vm.w.run_us(600);
    assert_eq!(vm.w.current(), vm.tcb());
    vm.w.run_us(200);
    vm.expect_told();
    assert_eq!(vm.tcb().fault_ip.get(), IP);
    // Once.
    vm.go_on(IP + 4);
    vm.w.run_us(2000);
    assert_eq!(vm.w.current(), vm.tcb());
    assert_eq!(vm.w.kernel.next_timer(), NO_ALARM);
}

#[test]
fn a_guest_whose_exit_is_handled_meanwhile_hears_of_it_afterwards() {
    for fast in [false, true] {
        let vm = Vm::trapped();
        vm.w.fast_paths.set(fast);
        vm.alarm_in(100);
        vm.w.run_us(200);
        assert_eq!((vm.w.current(), vm.tcb().fault.get()), (vm.w.root, HVC));
        vm.reply(lazaret_abi::fault_context::REPLY_LABEL, &goes_on(IP));
        vm.expect_told();
        assert_eq!(vm.tcb().fault_ip.get(), IP, "what the reply said is done");
    }
}

/// A passive VMM answers on its guest's time, so the reply changes nobody's: it hears of the alarm all the same.
#[test]
fn a_passive_vmm_hears_of_one_that_became_due_in_its_hands() {
    for fast in [false, true] {
        let vm = stopping::Vm::new(true);
        vm.w.fast_paths.set(fast);
        let arch = &vm.w.kernel.cpu.arch;
        let due = arch.now() + ticks_from_us(arch, 100);
        assert_eq!(vm.w.call_label(vm.vcpu, VCPU_SET_ALARM, &[due], &[]), ok());
        vm.w.resume(vm.guest_number);
        vm.w.root_waits();
        vm.trap(HVC);
        vm.w.run_us(200);
        assert_eq!((vm.w.current(), vm.guest.fault.get()), (vm.vmm, HVC));
        vm.answer(lazaret_abi::fault_context::REPLY_LABEL, &goes_on(IP));
        let told = Fault::VppiEvent(ALARM_EVENT);
        assert_eq!((vm.w.current(), vm.guest.state.get(), vm.guest.fault.get()), (vm.vmm, BlockedOnReply, told));
        assert_eq!(vm.guest.fault_ip.get(), IP);
    }
}

#[test]
fn one_that_is_due_already_comes_at_once() {
    let vm = Vm::trapped();
    vm.w.pass_us(100);
    vm.set_alarm(1);
    vm.reply(lazaret_abi::fault_context::REPLY_LABEL, &goes_on(IP));
    vm.expect_told();
}

#[test]
fn it_ends_a_wait_and_not_a_stop() {
    // Before the wait, and in it; a timer that is later, and none.
    for (us, control) in [(0, 0), (500, 0), (500, 1)] {
        let vm = Vm::trapped();
        vm.set_timer(control, 5000);
        vm.alarm_in(us);
        vm.w.pass_us(10);
        vm.reply(WAIT_LABEL, &goes_on(IP));
        if us != 0 {
            assert_eq!(vm.tcb().state.get(), Inactive);
            vm.w.run_us(us + 10);
        }
        vm.expect_told();
        assert_eq!(vm.tcb().fault_ip.get(), IP);
        assert_eq!(vm.w.kernel.next_timer(), NO_ALARM, "nobody waits any more");
    }
    let vm = Vm::trapped();
    vm.alarm_in(500);
    vm.reply(STOP_LABEL, &goes_on(IP));
    vm.w.run_us(1000);
    assert_eq!(vm.tcb().state.get(), Inactive);
    vm.w.root_returns();
    assert_eq!(vm.call(VCPU_START, &goes_on(IP + 8), &[]).label, 0);
    vm.w.receive(sel4_abi::syscall::Syscall::Recv, vm.endpoint, vm.reply);
    vm.expect_told();
    assert_eq!(vm.tcb().fault_ip.get(), IP + 8);
}

#[test]
fn a_timer_that_is_due_first_leaves_the_alarm() {
    let vm = Vm::trapped();
    vm.set_timer(1, 200);
    vm.alarm_in(900);
    vm.reply(WAIT_LABEL, &goes_on(IP));
    vm.w.run_us(300);
    assert_eq!(vm.w.current(), vm.tcb());
    check(&vm.w);
    vm.w.run_us(700);
    vm.expect_told();
}

#[test]
fn another_alarm_takes_its_place() {
    let vm = Vm::trapped();
    vm.alarm_in(100);
    vm.alarm_in(1000);
    vm.go_on(IP);
    vm.w.run_us(500);
    assert_eq!(vm.w.current(), vm.tcb());
    // Also that of one which is due.
    let vm = Vm::trapped();
    vm.alarm_in(100);
    vm.w.run_us(200);
    vm.set_alarm(NO_ALARM);
    vm.go_on(IP);
    assert_eq!(vm.w.kernel.next_timer(), NO_ALARM);
}

/// One without a thread may have an alarm as well, of which nobody is told before it has one.
#[test]
fn a_vcpu_without_a_thread() {
    let vm = Vm::trapped();
    let vcpu = vm.w.make(ObjectType::Vcpu, 0);
    for delete in [false, true] {
        let due = vm.w.kernel.cpu.arch.now() + ticks_from_us(&vm.w.kernel.cpu.arch, 100);
        assert_eq!(vm.w.call_label(vcpu, VCPU_SET_ALARM, &[due], &[]), ok());
        assert_eq!(vm.w.kernel.next_timer(), due);
        if delete {
            vm.w.delete(vcpu);
        } else {
            vm.w.run_us(200);
        }
        assert_eq!(vm.w.kernel.next_timer(), NO_ALARM);
        check(&vm.w);
    }
}

/// Many at once, and nobody who hears of them.
#[test]
fn alarms_of_many_guests_at_once() {
    let vm = Vm::trapped();
    let due = vm.w.kernel.cpu.arch.now() + ticks_from_us(&vm.w.kernel.cpu.arch, 500);
    let guests = [0; 20].map(|_| {
        let guest = vm.w.thread(100, vm.w.sched_context(5000, 5000), vm.endpoint);
        let vcpu = vm.w.make(ObjectType::Vcpu, 0);
        vm.w.expect(vcpu, VcpuSetTcb, &[], &[guest]);
        assert_eq!(vm.w.call_label(vcpu, VCPU_SET_ALARM, &[due], &[]), ok());
        vm.w.resume(guest);
        vm.w.thread_of(guest)
    });
    vm.w.root_waits();
    vm.w.run_us(600);
    assert!(guests.iter().all(|guest| guest.state.get() == BlockedOnSend));
    assert_eq!(vm.w.kernel.current(), None);
    check(&vm.w);
}

#[test]
fn it_ends_with_the_vcpu_and_with_the_thread() {
    type Deed = fn(&Vm);
    let deeds: [Deed; 3] = [
        |vm| vm.w.delete(vm.guest),
        |vm| vm.w.delete(vm.vcpu),
        |vm| {
            let other = vm.w.thread(100, vm.w.sched_context(5000, 5000), vm.endpoint);
            vm.w.expect(vm.vcpu, VcpuSetTcb, &[], &[other]);
        },
    ];
    for deed in deeds {
        let vm = Vm::trapped();
        vm.alarm_in(100);
        deed(&vm);
        assert_eq!(vm.w.kernel.next_timer(), NO_ALARM);
        check(&vm.w);
        vm.w.run_us(1000);
        check(&vm.w);
    }
}
