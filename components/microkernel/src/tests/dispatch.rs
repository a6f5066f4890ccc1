// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each exception class takes its path, whichever the first is that takes it.

use super::fastpath::{HVC, LOAD_X9, READ_X9, Vm};
use super::world::error;
use crate::arch::InterruptController;
use crate::entry::dispatch::{interrupt, serror, slow_path, synchronous};
use crate::entry::slow_path::handle_serror;
use crate::object::tcb::Context;
use crate::object::tcb::ThreadState::{BlockedOnReceive, BlockedOnReply, Inactive, Running};
use lazaret_abi::fault_context::{NO_REGISTER, REPLY_LABEL, abort_label};
use sel4_abi::fault::FaultLabel;

/// Instruction abort of a guest where nothing is mapped.
const FETCH: u64 = 0x8200_0007;
/// An instruction that a 32-bit guest calls its hypervisor with.
const HVC32: u64 = 0x4a00_0000;
/// No reason given.
const UNKNOWN: u64 = 0x0200_0000;
/// The address of the aborts.
const IPA: u64 = 0x900_0018;

/// The guest's exception, as the vectors hand it over: the thread that the kernel is left to.
fn take(vm: &Vm, esr: u64, is_slow: bool) -> *const Context {
    let (kernel, context) = (&vm.w.kernel, &vm.guest.context);
    kernel.cpu.arch.fault_address.set(IPA);
    context.elr.set(0x8004);
    context.x[9].set(0x99);
    if is_slow { slow_path(context, esr, kernel) } else { synchronous(context, esr, kernel, 0x8004) }
}

fn reply(vm: &Vm) {
    vm.answer(REPLY_LABEL, &[0x8008, 0x3c5, NO_REGISTER, 0]);
}

/// By class: the label, the address of the instruction and the register that the VMM is told.
#[test]
fn a_guest_s_exception_reaches_its_vmm_by_every_path() {
    let vcpu = FaultLabel::VcpuFault as u64;
    for (esr, is_abort, ip, value) in [
        (READ_X9, false, 0x8004, 0x99),
        (HVC, false, 0x8000, 0),
        (UNKNOWN, false, 0x8004, 0),
        (LOAD_X9, true, 0x8004, 0x99),
        (FETCH, true, 0x8004, 0),
    ] {
        // First by the fast path if it has one, or the slow one; then as a resident pass, if it has one.
        let vm = Vm::new(true);
        vm.guest.context.x[0].set(0);
        for number in 1..=3 {
            let next = take(&vm, esr, false);
            assert_eq!(next, core::ptr::from_ref(&vm.handler.context), "{esr:#x}");
            let (badge, message) = vm.w.message(vm.handler);
            assert_eq!(badge, 0xfa);
            if is_abort {
                assert_eq!(message, error(abort_label(number), &[esr | 0x140 << 32, ip, IPA, value]), "{esr:#x}");
            } else {
                let words = &[esr, ip, u64::from(number) << 32 | 0x140, value];
                assert_eq!(message, error(vcpu, words), "{esr:#x}");
            }
            vm.answer(REPLY_LABEL, &[0x8008, 0x140, NO_REGISTER, 0]);
        }
    }
}

/// The return address of a 32-bit hypercall is put right on the one path that it has, and once.
#[test]
fn a_hypercall_starts_at_its_instruction() {
    for (esr, is_slow) in [(HVC, false), (HVC32, false), (HVC32, true)] {
        let vm = Vm::new(true);
        take(&vm, esr, is_slow);
        assert_eq!(vm.w.message(vm.handler).1.words[1], 0x8000, "{esr:#x}");
        assert_eq!(vm.guest.context.elr.get(), 0x8000);
    }
}

#[test]
fn an_interrupt_settles_the_pair_and_is_ended() {
    let vm = Vm::new(true);
    vm.pass();
    let kernel = &vm.w.kernel;
    kernel.cpu.arch.unmask_irq(90);
    kernel.cpu.arch.arrived.set(Some(90));
    let next = interrupt(&vm.guest.context, 0, kernel);
    assert_eq!(next, core::ptr::from_ref(&vm.guest.context));
    assert_eq!((vm.handler.state.get(), kernel.cpu.arch.arrived.get()), (BlockedOnReceive, None));
    // Nobody owns it.
    assert!(!kernel.cpu.arch.is_unmasked(90));
}

const SERROR: u64 = 0xbe00_0000;

/// A guest's SError is no message: it goes on, and takes it.
#[test]
fn a_guest_s_serror_is_its_own() {
    for is_resident in [false, true] {
        let vm = Vm::new(true);
        if is_resident {
            vm.pass();
        }
        vm.guest.context.elr.set(0x8004);
        let next = serror(&vm.guest.context, SERROR, &vm.w.kernel);
        assert_eq!(next, core::ptr::from_ref(&vm.guest.context));
        assert_eq!((vm.guest.state.get(), vm.handler.state.get()), (Running, BlockedOnReceive));
        assert_eq!(vm.w.kernel.cpu.arch.serror.get(), vm.guest.vcpu.get());
        assert_eq!(vm.guest.context.elr.get(), 0x8004);
    }
}

/// One that comes while the VMM answers on the resident pass is still the guest's; the VMM goes on.
#[test]
fn a_late_serror_is_not_the_vmm_s() {
    let vm = Vm::new(true);
    vm.pass();
    take(&vm, HVC, false);
    vm.handler.context.elr.set(0x1234);
    let next = serror(&vm.handler.context, SERROR, &vm.w.kernel);
    assert_eq!(next, core::ptr::from_ref(&vm.handler.context));
    assert_eq!((vm.guest.state.get(), vm.handler.state.get()), (BlockedOnReply, Running));
    assert_eq!(vm.w.kernel.cpu.arch.serror.get(), vm.guest.vcpu.get());
    assert_eq!(vm.handler.context.elr.get(), 0x1234);
    reply(&vm);
}

/// A program's is a fault of the program, and of nobody else: this VMM has been waited for.
#[test]
fn a_program_s_serror_is_its_fault() {
    let vm = Vm::new(true);
    take(&vm, HVC, false);
    // Nobody handles it, and nobody else runs: the vectors' way would sleep.
    handle_serror(&vm.w.kernel, SERROR);
    assert_eq!(vm.handler.state.get(), Inactive);
    assert_eq!((vm.w.kernel.cpu.arch.serror.get(), vm.guest.state.get()), (None, BlockedOnReply));
}
