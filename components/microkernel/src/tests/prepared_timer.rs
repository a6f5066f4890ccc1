// SPDX-License-Identifier: MIT OR Apache-2.0
//! `VCPU_PrepareVPPI`: the kernel injects the virtual timer's interrupt.

use super::invariants::check;
use super::vm::*;
use super::world::*;
use crate::entry::slow_path::handle_interrupt;
use crate::object::tcb::ThreadState;
use lazaret_abi::fault_context::WAIT_LABEL;
use lazaret_abi::{
    Group, NO_INJECTION, TimerInterrupt, VCPU_BIND_NOTIFICATION, VCPU_PREPARE_VPPI, VCPU_READ_GROUP, VCPU_WRITE_GROUP,
    injection_word,
};
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;
use sel4_abi::vcpu_reg::VcpuReg;

/// Interrupt 27, priority 2, group 1.
const WORD: u64 = injection_word(27, 2, 1, 0);
/// What list register 0 holds then: pending, HW, physical interrupt 27.
const VALUE: u32 = 0xd100_6c1b;
const TIMER: u16 = 27;

impl Vm {
    fn prepare(&self, word: u64) -> Answer {
        let answer = self.call(VCPU_PREPARE_VPPI, &[word], &[]);
        check(&self.w);
        answer
    }

    /// The timer's line is up, and the interrupt comes.
    fn fire(&self) {
        self.set_timer(1, 0);
        handle_interrupt(&self.w.kernel, TIMER);
    }

    fn is_active(&self) -> bool {
        self.w.kernel.cpu.arch.timer_active.get()
    }

    /// Prepared, and the guest runs.
    fn prepared() -> Self {
        let vm = Self::new();
        assert_eq!(vm.prepare(WORD), answer(TimerInterrupt::None));
        vm.run();
        vm
    }

    /// The guest has the interrupt, and the root thread its next fault.
    fn forwarded() -> Self {
        let vm = Self::prepared();
        vm.fire();
        vm.trap(HVC);
        vm
    }
}

fn answer(had: TimerInterrupt) -> Answer {
    Answer { label: 0, words: vec![had as u64] }
}

#[test]
fn the_guest_has_the_interrupt_and_nobody_else() {
    let vm = Vm::prepared();
    vm.fire();
    assert_eq!((vm.w.current(), vm.tcb().state.get()), (vm.tcb(), ThreadState::Running));
    assert_eq!((vm.list_register(0), vm.is_active()), (VALUE, true));
    check(&vm.w);
    // It takes and ends it; then the next one comes.
    vm.set_list_register(0, 0);
    vm.w.kernel.cpu.arch.timer_active.set(false);
    vm.fire();
    assert_eq!((vm.w.current(), vm.list_register(0), vm.is_active()), (vm.tcb(), VALUE, true));
}

#[test]
fn it_comes_to_a_guest_that_runs_and_to_no_other() {
    let vm = Vm::prepared();
    vm.trap(HVC);
    vm.fire();
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false));
    let vm = Vm::running();
    vm.fire();
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false), "not prepared");
}

#[test]
fn a_timer_that_was_set_anew_has_not_fired() {
    // Control, and whether it is due; what is left of it.
    for (control, us, value) in [(1, 0, VALUE), (1, 100, 0), (0, 0, 0), (3, 0, 0)] {
        let vm = Vm::prepared();
        vm.fire();
        vm.set_timer(control, us);
        vm.w.fast_paths.set(false);
        vm.trap(HVC);
        assert_eq!((vm.list_register(0), vm.is_active()), (value, value != 0), "{control} {us}");
        check(&vm.w);
    }
    // Another interrupt is an exit as well.
    let vm = Vm::prepared();
    vm.fire();
    vm.set_timer(0, 0);
    handle_interrupt(&vm.w.kernel, 60);
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false));
}

#[test]
fn the_offset_counts() {
    let vm = Vm::prepared();
    vm.w.pass_us(1000);
    vm.fire();
    vm.object().regs[VcpuReg::Cntvoff as usize].set(1);
    vm.w.fast_paths.set(false);
    vm.trap(HVC);
    assert_eq!(vm.list_register(0), 0, "one tick is missing");
}

#[test]
fn what_the_guest_has_taken_stays_its() {
    let vm = Vm::prepared();
    vm.fire();
    let active = VALUE & !PENDING | ACTIVE;
    vm.set_list_register(0, active);
    vm.set_timer(0, 0);
    vm.w.fast_paths.set(false);
    vm.trap(HVC);
    assert_eq!((vm.list_register(0), vm.is_active()), (active, true));
    assert_eq!(vm.prepare(injection_word(27, 9, 0, 0)), answer(TimerInterrupt::Active));
    assert_eq!((vm.list_register(0), vm.is_active()), (active, true), "prepared anew");
    assert_eq!(vm.prepare(NO_INJECTION), answer(TimerInterrupt::Active));
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false));
}

#[test]
fn a_vmm_that_sets_the_timer_takes_the_interrupt_back() {
    let vm = Vm::forwarded();
    vm.w.expect(vm.vcpu, VcpuWriteReg, &[VcpuReg::TpidrEl1 as u64, 5], &[]);
    assert_eq!((vm.list_register(0), vm.is_active()), (VALUE, true));
    vm.w.expect(vm.vcpu, VcpuWriteReg, &[VcpuReg::CntvCtl as u64, 0], &[]);
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false));
}

#[test]
fn prepared_anew_it_comes_as_it_was_said_last() {
    let vm = Vm::forwarded();
    assert_eq!(vm.prepare(injection_word(30, 4, 0, 0)), answer(TimerInterrupt::Pending));
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false));
    vm.go_on(0x1004);
    vm.fire();
    assert_eq!(vm.list_register(0), 0x9200_6c1e);
}

#[test]
fn whatever_ends_it_takes_the_interrupt_back() {
    type Deed = fn(&Vm);
    let deeds: [Deed; 5] = [
        |vm| assert_eq!(vm.prepare(NO_INJECTION), answer(TimerInterrupt::Pending)),
        |vm| vm.w.expect(vm.vcpu, VcpuSetTcb, &[], &[vm.w.thread(90, 0, 0)]),
        |vm| vm.w.expect(vm.w.make(ObjectType::Vcpu, 0), VcpuSetTcb, &[], &[vm.guest]),
        |vm| vm.w.delete(vm.guest),
        |vm| vm.w.delete(vm.vcpu),
    ];
    for deed in deeds {
        let vm = Vm::forwarded();
        let vcpu = vm.object();
        deed(&vm);
        assert_eq!((vcpu.vgic.lr[0].get(), vm.is_active()), (0, false));
        check(&vm.w);
    }
}

#[test]
fn the_preparation_is_the_vcpus_and_outlives_its_thread() {
    let vm = Vm::forwarded();
    let other = vm.w.thread(100, vm.w.sched_context(5000, 5000), vm.endpoint);
    vm.w.expect(vm.vcpu, VcpuSetTcb, &[], &[other]);
    vm.w.expect(other, TcbResume, &[], &[]);
    vm.w.receive(sel4_abi::syscall::Syscall::Recv, vm.endpoint, vm.reply);
    assert_eq!(vm.w.current(), vm.w.thread_of(other));
    vm.fire();
    assert_eq!((vm.list_register(0), vm.is_active()), (VALUE, true));
}

#[test]
fn saved_and_restored_it_comes_from_the_timer_again() {
    const FIRST_LIST_REGISTER: usize = lazaret_abi::group::GIC_FIRST_LIST_REGISTER;
    let vm = Vm::forwarded();
    let mut words = vm.call(VCPU_READ_GROUP, &[Group::Gic as u64], &[]).words;
    assert_eq!(words[FIRST_LIST_REGISTER], 0);
    words.insert(0, Group::Gic as u64);
    words[1 + FIRST_LIST_REGISTER] = u64::from(PENDING | 27);
    let refused = error(INVALID_ARGUMENT, &[1 + FIRST_LIST_REGISTER as u64]);
    assert_eq!(vm.call(VCPU_WRITE_GROUP, &words, &[]), refused);
    assert_eq!((vm.list_register(0), vm.is_active()), (VALUE, true));
    words[1 + FIRST_LIST_REGISTER] = 0;
    assert_eq!(vm.call(VCPU_WRITE_GROUP, &words, &[]), ok());
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false));
    vm.go_on(0x1000);
    vm.fire();
    vm.trap(HVC);
    let mut timer = vm.call(VCPU_READ_GROUP, &[Group::Timer as u64], &[]).words;
    timer.insert(0, Group::Timer as u64);
    assert_eq!(vm.call(VCPU_WRITE_GROUP, &timer, &[]), ok());
    assert_eq!((vm.list_register(0), vm.is_active()), (VALUE, true), "as it was");
    let control = lazaret_abi::group::TIMER.iter().position(|&field| field == VcpuReg::CntvCtl).unwrap();
    timer[1 + control] = 0;
    assert_eq!(vm.call(VCPU_WRITE_GROUP, &timer, &[]), ok());
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false), "switched off");
}

#[test]
fn what_the_guest_handles_is_saved_and_restored() {
    const FIRST_LIST_REGISTER: usize = lazaret_abi::group::GIC_FIRST_LIST_REGISTER;
    let vm = Vm::forwarded();
    let active = VALUE & !PENDING | ACTIVE;
    vm.set_list_register(0, active);
    let mut words = vm.call(VCPU_READ_GROUP, &[Group::Gic as u64], &[]).words;
    let told = u64::from(0x4108_001b | ACTIVE);
    assert_eq!(words[FIRST_LIST_REGISTER], told);
    words.insert(0, Group::Gic as u64);
    // Taken back, and put there again.
    assert_eq!(vm.prepare(NO_INJECTION), answer(TimerInterrupt::Active));
    assert_eq!(vm.prepare(WORD), answer(TimerInterrupt::None));
    assert_eq!((vm.list_register(0), vm.is_active()), (0, false));
    assert_eq!(vm.call(VCPU_WRITE_GROUP, &words, &[]), ok());
    assert_eq!((vm.list_register(0), vm.is_active()), (active, true));
    check(&vm.w);
    // Pending as well is nothing that a physical interrupt can be, and another interrupt is not the timer's.
    for wrong in [told | u64::from(PENDING), told + 1] {
        words[1 + FIRST_LIST_REGISTER] = wrong;
        let refused = error(INVALID_ARGUMENT, &[1 + FIRST_LIST_REGISTER as u64]);
        assert_eq!(vm.call(VCPU_WRITE_GROUP, &words, &[]), refused, "{wrong:#x}");
    }
    // Not prepared, it is an interrupt like any other.
    words[1 + FIRST_LIST_REGISTER] = told;
    assert_eq!(vm.prepare(NO_INJECTION), answer(TimerInterrupt::Active));
    assert_eq!(vm.call(VCPU_WRITE_GROUP, &words, &[]), ok());
    assert_eq!((u64::from(vm.list_register(0)), vm.is_active()), (told, false));
}

#[test]
fn a_wait_is_not_over_for_an_interrupt_that_was_none() {
    for (control, is_over) in [(1, true), (0, false)] {
        let vm = Vm::forwarded();
        vm.set_timer(control, 0);
        vm.reply(WAIT_LABEL, &[]);
        assert_eq!(vm.tcb().is_runnable(), is_over, "{control}");
    }
}

#[test]
fn bad_preparations_are_refused_and_nothing_is_done() {
    let vm = Vm::trapped();
    let range = |least, greatest| error(RANGE_ERROR, &[least, greatest]);
    assert_eq!(vm.call(VCPU_PREPARE_VPPI, &[], &[]), error(TRUNCATED_MESSAGE, &[]));
    assert_eq!(vm.prepare(injection_word(1020, 0, 0, 0)), range(0, 1019));
    assert_eq!(vm.prepare(injection_word(27, 32, 0, 0)), range(0, 31));
    assert_eq!(vm.prepare(injection_word(27, 0, 2, 0)), range(0, 1));
    assert_eq!(vm.prepare(injection_word(27, 0, 0, 4)), range(0, 3));
    assert_eq!(vm.prepare(injection_word(27, 0, 0, 1)), range(0, 0));
    assert_eq!(vm.prepare(injection_word(15, 0, 0, 0)), range(16, 1019));
    vm.set_list_register(0, 0x1000_0028);
    assert_eq!(vm.prepare(WORD), error(DELETE_FIRST, &[]));
    assert_eq!(vm.list_register(0), 0x1000_0028);
    vm.set_list_register(0, MAINTENANCE | 40);
    assert_eq!(vm.prepare(WORD), error(DELETE_FIRST, &[]), "its end is not told yet");
    vm.set_list_register(0, 0);
    let notification = vm.w.make(ObjectType::Notification, 0);
    assert_eq!(vm.call(VCPU_BIND_NOTIFICATION, &[injection_word(40, 0, 0, 0)], &[notification]), ok());
    assert_eq!(vm.prepare(WORD), error(DELETE_FIRST, &[]));
    assert_eq!(vm.object().prepared_timer.get(), 0);
    assert_eq!(vm.prepare(NO_INJECTION), answer(TimerInterrupt::None));
    vm.w.resume(vm.guest);
    assert_eq!(vm.prepare(NO_INJECTION), error(ILLEGAL_OPERATION, &[]), "it runs");
}
