// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the vectors to the kernel's three entry points, and back to a thread.

use super::fault::{EC_DATA_ABORT, faulting_ipa, has_ipa};
use super::{console, fault_of, gic, sysreg, wait_for_interrupt};
use crate::kernel::{KERNEL, Kernel};
use crate::object::reference::{Ref, SingleCore};
use crate::object::tcb::{Context, Tcb};
use crate::syscall::{self, Trapped};
use core::fmt::Write as _;

const EC_SHIFT: u64 = 26;
/// Floating point or SIMD with CPTR_EL2.TFP.
const EC_FP: u64 = 0x07;
/// `hvc` of a guest, AArch32 and AArch64: the architecture's return address is behind it, unlike any other trap's.
const EC_HVC32: u64 = 0x12;
const EC_HVC64: u64 = 0x16;
const HVC_BYTES: u64 = 4;
/// A trapped access to a system register.
const EC_SYSREG: u64 = 0x18;
/// `svc` of a native program: HCR_EL2.TGE routes it here. A guest's goes to its own EL1.
const EC_SVC64: u64 = 0x15;

/// A synchronous exception of the current thread: what a guest and its VMM pass to each other. No stack is used here.
pub(super) extern "C" fn synchronous(
    context: &Context,
    esr: u64,
    kernel: &SingleCore<Kernel>,
    elr: u64,
) -> *const Context {
    let kernel = kernel.get();
    let trapped = Trapped { context, esr, elr };
    let next = match esr >> EC_SHIFT {
        EC_SVC64 => syscall::pass_syscall(kernel, context),
        EC_SYSREG => syscall::pass_trap(kernel, &trapped),
        EC_HVC64 => pass_hvc(kernel, trapped),
        EC_DATA_ABORT if has_ipa(esr) => syscall::pass_abort(kernel, &trapped, faulting_ipa()),
        _ => None,
    };
    match next {
        Some(thread) => core::ptr::from_ref(&thread.context),
        None if esr >> EC_SHIFT == EC_SVC64 && syscall::carries_write(context) => pass_with_write(context, esr),
        None => quick_synchronous(context, esr),
    }
}

/// As above, of a reply that writes a debug register.
#[inline(never)]
fn pass_with_write(context: &Context, esr: u64) -> *const Context {
    match syscall::pass_write(KERNEL.get(), context) {
        Some(thread) => core::ptr::from_ref(&thread.context),
        None => quick_synchronous(context, esr),
    }
}

/// An HVC's PC is put at the instruction, which starts again if the guest's budget does not cover the exit.
#[inline(always)]
fn pass_hvc(kernel: &Kernel, guest: Trapped<'_>) -> Option<Ref<Tcb>> {
    let elr = guest.elr.wrapping_sub(HVC_BYTES);
    guest.context.elr.set(elr);
    syscall::pass_trap(kernel, &Trapped { elr, ..guest })
}

/// As above, with everything to check.
#[inline(never)]
fn quick_synchronous(context: &Context, esr: u64) -> *const Context {
    let kernel = KERNEL.get();
    let next = match esr >> EC_SHIFT {
        EC_SVC64 => syscall::quick_syscall(kernel, context),
        EC_HVC64 | EC_SYSREG => syscall::quick_trap(kernel, esr),
        _ => None,
    };
    match next {
        Some(thread) => core::ptr::from_ref(&thread.context),
        None => any_synchronous(context, esr),
    }
}

#[inline(never)]
fn any_synchronous(context: &Context, esr: u64) -> *const Context {
    let kernel = KERNEL.get();
    syscall::settle(kernel);
    match esr >> EC_SHIFT {
        EC_SVC64 => syscall::handle_syscall(kernel),
        EC_FP if kernel.arch.give_fp() => return context,
        EC_HVC32 => {
            context.elr.set(context.elr.get().wrapping_sub(HVC_BYTES));
            syscall::handle_fault(kernel, fault_of(&kernel.arch, esr));
        }
        _ => syscall::handle_fault(kernel, fault_of(&kernel.arch, esr)),
    }
    resume(kernel)
}

/// An interrupt while a thread runs.
pub(super) extern "C" fn interrupt(_context: &Context, _esr: u64) -> *const Context {
    let kernel = KERNEL.get();
    take_interrupt(kernel);
    resume(kernel)
}

/// An asynchronous abort while a thread runs: blamed on it.
pub(super) extern "C" fn serror(_context: &Context, esr: u64) -> *const Context {
    let kernel = KERNEL.get();
    syscall::settle(kernel);
    syscall::handle_fault(kernel, fault_of(&kernel.arch, esr));
    resume(kernel)
}

/// An exception of the kernel itself. Nothing can be saved: say what is known and stop.
pub(super) extern "C" fn bug(kind: u64, esr: u64, elr: u64, sp: u64) -> ! {
    KERNEL.get().arch.disarm_debug();
    let far = sysreg::far_el2::read();
    // The console never fails.
    let _ = writeln!(
        console::Console,
        "\nKRN|ERROR: exception {kind} in the kernel: esr {esr:#x} elr {elr:#x} far {far:#x} sp {sp:#x}"
    );
    super::stop()
}

#[inline(always)]
fn resume(kernel: &Kernel) -> *const Context {
    loop {
        if let Some(thread) = kernel.current() {
            return core::ptr::from_ref(&thread.context);
        }
        idle(kernel);
    }
}

/// Nobody can run: the core sleeps until an interrupt is pending, masked as it is.
#[cold]
fn idle(kernel: &Kernel) {
    wait_for_interrupt();
    take_interrupt(kernel);
}

#[inline(always)]
fn take_interrupt(kernel: &Kernel) {
    if let Some(irq) = gic::acknowledge() {
        syscall::handle_interrupt(kernel, irq);
    }
}

/// Boot is over: runs the thread that it chose.
pub fn start_first_thread(kernel: &Kernel) -> ! {
    // SAFETY: `resume` returns the context of a live thread.
    super::vectors::leave(unsafe { &*resume(kernel) })
}
