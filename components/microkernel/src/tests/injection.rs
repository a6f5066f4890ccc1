// SPDX-License-Identifier: MIT OR Apache-2.0
//! An interrupt in the reply to a guest's fault.

use super::invariants::check;
use super::vm::*;
use crate::fault::Fault;
use crate::object::tcb::ThreadState;
use lazaret_abi::fault_context::{
    REPLY_LABEL, STOP_LABEL, WAIT_LABEL, debug_write, injection, refused, refused_injection, with_injection,
    without_injection,
};
use lazaret_abi::{DebugRegister, VCPU_PREPARE_VPPI, injection_word};
use sel4_abi::fault::FaultLabel;
use sel4_abi::invocation::Invocation::VcpuInjectIrq;

/// Interrupt 40 in list register 1, priority 3, group 1.
const WORD: u64 = injection_word(40, 3, 1, 1);
/// What it becomes.
const VALUE: u32 = 0x5188_0028;
const ON: u64 = 0x1004;

#[test]
fn a_label_has_room_for_it() {
    let label = with_injection(REPLY_LABEL, WORD);
    assert_eq!((without_injection(label), injection(label)), (REPLY_LABEL, Some(WORD)));
    assert!(label < 1 << 52);
    assert_eq!((without_injection(REPLY_LABEL), injection(REPLY_LABEL)), (REPLY_LABEL, None));
    assert_eq!(injection(with_injection(0, WORD)), None, "an answer that says nothing else");
    assert_eq!(refused(refused_injection(WORD)), Some(WORD));
    assert_eq!((refused(u64::MAX), refused(3)), (None, None));
}

#[test]
fn the_reply_injects_whichever_path_it_takes() {
    for fast_paths in [false, true] {
        let vm = Vm::running();
        vm.w.fast_paths.set(fast_paths);
        for round in 1..6 {
            vm.trap(HVC);
            vm.reply(with_injection(REPLY_LABEL, WORD), &[ON * round, EL1H, 7, round]);
            assert_eq!((vm.w.current(), vm.tcb().context.elr.get()), (vm.tcb(), ON * round));
            assert_eq!((vm.list_register(1), vm.tcb().context.x[7].get()), (VALUE, round));
            vm.set_list_register(1, 0);
            // Without one in between: the two may be resident then.
            vm.trap(HVC);
            vm.go_on(ON);
            assert_eq!(vm.list_register(1), 0);
            check(&vm.w);
        }
    }
}

#[test]
fn a_debug_write_goes_with_it() {
    let vm = Vm::trapped();
    vm.reply(with_injection(REPLY_LABEL, WORD), &[ON, EL1H, debug_write(DebugRegister::Bvr(1), true), 0x77]);
    let written = vm.w.kernel.cpu.arch.debug_written.get();
    assert_eq!(written, Some((DebugRegister::Bvr(1), 0x77, true)));
    assert_eq!(vm.w.kernel.cpu.arch.debug_writes.get(), 1);
    assert_eq!((vm.list_register(1), vm.w.current()), (VALUE, vm.tcb()));
}

#[test]
fn the_same_interrupt_becomes_pending_once_more() {
    let vm = Vm::trapped();
    vm.set_list_register(1, VALUE & !PENDING | ACTIVE);
    vm.reply(with_injection(REPLY_LABEL, WORD), &goes_on(ON));
    assert_eq!((vm.list_register(1), vm.w.current()), (VALUE | ACTIVE, vm.tcb()));
}

#[test]
fn a_stopped_vcpu_stays_so_and_a_waiting_one_goes_on() {
    for words in [&goes_on(ON)[..], &[]] {
        let vm = Vm::trapped();
        let ip = if words.is_empty() { vm.tcb().fault_ip.get() } else { ON };
        vm.reply(with_injection(STOP_LABEL, WORD), words);
        assert_eq!((vm.tcb().state.get(), vm.list_register(1)), (ThreadState::Inactive, VALUE));
        assert_eq!((vm.tcb().fault_ip.get(), vm.w.kernel.current()), (ip, None));
        check(&vm.w);
        let vm = Vm::trapped();
        vm.set_timer(1, 1000);
        vm.reply(with_injection(WAIT_LABEL, WORD), words);
        assert_eq!((vm.w.current(), vm.list_register(1)), (vm.tcb(), VALUE));
        assert_eq!((vm.tcb().context.elr.get(), vm.w.kernel.next_timer()), (ip, u64::MAX));
        check(&vm.w);
    }
}

#[test]
fn a_refused_injection_is_told_by_a_vcpu_that_would_be_stopped() {
    for label in [STOP_LABEL, WAIT_LABEL] {
        let vm = Vm::trapped();
        vm.set_timer(1, 1000);
        let beyond = injection_word(40, 0, 0, 4);
        vm.reply(with_injection(label, beyond), &goes_on(ON));
        assert_eq!((vm.w.current(), vm.message().words[0]), (vm.w.root, refused_injection(beyond)));
        assert_eq!(vm.w.kernel.next_timer(), u64::MAX);
        check(&vm.w);
        vm.reply(label, &[]);
        assert_eq!((vm.tcb().state.get(), vm.tcb().fault_ip.get()), (ThreadState::Inactive, ON));
        check(&vm.w);
    }
}

#[test]
fn an_answer_to_an_event_injects_too() {
    for event in [Fault::VppiEvent(27), Fault::VgicMaintenance(2)] {
        let vm = Vm::running();
        let ip = vm.tcb().context.elr.get();
        vm.trap(event);
        vm.reply(with_injection(REPLY_LABEL, WORD), &[]);
        assert_eq!((vm.w.current(), vm.tcb().context.elr.get(), vm.list_register(1)), (vm.tcb(), ip, VALUE));
    }
}

#[test]
fn what_cannot_be_injected_is_told_and_nothing_is_lost() {
    let other = VALUE & !0x3ff | 41;
    // What was injected, and what list register 1 held.
    let cases = [
        (injection_word(1020, 0, 0, 1), 0),
        (injection_word(40, 32, 0, 1), 0),
        (injection_word(40, 0, 2, 1), 0),
        (injection_word(40, 0, 0, 4), 0),
        (WORD, other),
        (WORD, other & !PENDING | ACTIVE),
        (WORD, VALUE & !PENDING),
    ];
    for (word, held) in cases {
        for fast_paths in [false, true] {
            let vm = Vm::trapped();
            vm.w.fast_paths.set(fast_paths);
            vm.set_list_register(1, held);
            let number = vm.tcb().fault_number.get();
            vm.reply(with_injection(REPLY_LABEL, word), &[ON, EL1H, 7, 5]);
            assert_eq!((vm.w.current(), vm.tcb().state.get()), (vm.w.root, ThreadState::BlockedOnReply), "{word:x}");
            let message = vm.message();
            assert_eq!(message.label, FaultLabel::VgicMaintenance as u64);
            assert_eq!(message.words, [refused_injection(word), u64::from(number) + 1]);
            assert_eq!(refused(message.words[0]), Some(word));
            assert_eq!(vm.list_register(1), held);
            check(&vm.w);
            // The reply itself was taken.
            vm.reply(0, &[]);
            assert_eq!((vm.w.current(), vm.tcb().context.elr.get()), (vm.tcb(), ON));
            assert_eq!(vm.tcb().context.x[7].get(), 5);
        }
    }
}

#[test]
fn a_list_register_of_the_kernels_is_refused_either_way() {
    let vm = Vm::trapped();
    let word = injection_word(40, 0, 0, 0);
    assert_eq!(vm.call(VCPU_PREPARE_VPPI, &[injection_word(27, 0, 0, 0)], &[]).label, 0);
    assert_eq!(vm.w.call(vm.vcpu, VcpuInjectIrq, &[word], &[]).label, DELETE_FIRST);
    vm.reply(with_injection(REPLY_LABEL, word), &goes_on(ON));
    assert_eq!(vm.message().words[0], refused_injection(word));
    assert_eq!(vm.list_register(0), 0);
}

#[test]
fn a_label_that_is_no_reply_injects_nothing() {
    for label in [0, 4, 0x7ff] {
        let vm = Vm::trapped();
        vm.reply(with_injection(label, WORD), &goes_on(ON));
        assert_eq!((vm.w.current(), vm.list_register(1)), (vm.tcb(), 0));
        assert_ne!(vm.tcb().context.elr.get(), ON);
    }
}
