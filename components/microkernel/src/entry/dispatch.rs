// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an exception is, by its class, and which path it takes.

use super::Trap;
use super::slow_path::{handle_fault, handle_interrupt, handle_serror, handle_syscall};
use crate::arch::arm::abort;
use crate::arch::{FaultAddress, InterruptController, Power, VcpuSwitch};
use crate::fastpath::FastFault;
use crate::fault::Fault;
use crate::invariants::{Path, after_entry};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Context, Tcb};
use arm_syndrome::Class;
use arm_syndrome::iss::CLASS_SHIFT;
use lazaret_abi::fault_context;
use sel4_abi::syscall::Syscall;

/// Exception classes by name, for patterns.
mod class {
    use super::Class;

    const fn number(class: Class) -> u64 {
        class.value() as u64
    }
    pub const FP_SIMD: u64 = number(Class::FP_SIMD);
    /// The architecture's return address of an HVC is behind it, unlike any other trap's.
    pub const HVC32: u64 = number(Class::HVC32);
    pub const HVC64: u64 = number(Class::HVC64);
    pub const SMC64: u64 = number(Class::SMC64);
    pub const SYS_REG: u64 = number(Class::SYS_REG);
    /// Of a native program: HCR_EL2.TGE routes it here. A guest's goes to its own EL1.
    pub const SVC64: u64 = number(Class::SVC64);
    pub const DATA_ABORT: u64 = number(Class::DATA_ABORT_LOWER);
}

/// Of either width.
const HVC_BYTES: u64 = 4;

/// A synchronous exception of the current thread. What a guest and its VMM pass to each other is done here, without a
/// stack; the rest is out of line.
pub extern "C" fn synchronous(context: &Context, esr: u64, kernel: &Kernel, elr: u64) -> *const Context {
    let trap = Trap { context, esr, elr };
    let next = match esr >> CLASS_SHIFT {
        class::SVC64 if is_reply_recv(context) => kernel.pass_reply(context),
        class::SYS_REG | class::SMC64 => kernel.pass_trap(&trap),
        class::HVC64 => pass_hvc(kernel, trap),
        class::DATA_ABORT if abort::is_about_no_right(esr) => kernel.pass_abort(&trap, kernel.cpu.arch.fault_ipa()),
        _ => None,
    };
    match next {
        Some(thread) => resume_with(thread),
        None if esr >> CLASS_SHIFT == class::SVC64 && carries_write(context) => pass_write(context, esr, kernel),
        None => fast_path(context, esr, kernel),
    }
}

/// The resident pass of a reply that writes a debug register.
#[inline(never)]
fn pass_write(context: &Context, esr: u64, kernel: &Kernel) -> *const Context {
    match kernel.pass_reply_with_write(context) {
        Some(thread) => resume_with(thread),
        None => fast_path(context, esr, kernel),
    }
}

/// The instruction, not what follows it, is where a hypercall starts again if the guest's budget does not cover the
/// exit, and what its message names. Due on every path, so the first one writes it.
#[inline(always)]
fn pass_hvc(kernel: &Kernel, trap: Trap<'_>) -> Option<Ref<Tcb>> {
    let elr = trap.elr.wrapping_sub(HVC_BYTES);
    trap.context.elr.set(elr);
    kernel.pass_trap(&Trap { elr, ..trap })
}

/// The fast paths, which check everything first.
#[inline(never)]
fn fast_path(context: &Context, esr: u64, kernel: &Kernel) -> *const Context {
    let next = match esr >> CLASS_SHIFT {
        class::SVC64 => fast_syscall(kernel, context),
        class::HVC64 | class::SMC64 | class::SYS_REG => fast_trap(kernel, esr),
        _ => None,
    };
    match next {
        Some(thread) => resume_with(thread),
        None => slow_path(context, esr, kernel),
    }
}

#[inline(always)]
pub(crate) fn fast_syscall(kernel: &Kernel, context: &Context) -> Option<Ref<Tcb>> {
    let number = context.x[7].get() as i64;
    if number == Syscall::ReplyRecv.number() {
        kernel.settle_resident();
        kernel.fast_reply(kernel.current()?).inspect(|_| after_entry(kernel, Path::Fast))
    } else if number == Syscall::Call.number() {
        kernel.settle_resident();
        kernel.fast_call(kernel.current()?).inspect(|_| after_entry(kernel, Path::Fast))
    } else {
        None
    }
}

#[inline(always)]
pub(crate) fn fast_trap(kernel: &Kernel, esr: u64) -> Option<Ref<Tcb>> {
    kernel.settle_resident();
    kernel.fast_fault(kernel.current()?, FastFault::Vcpu(esr)).inspect(|_| after_entry(kernel, Path::Fast))
}

/// Everything else, and what the fast paths left.
#[inline(never)]
pub fn slow_path(context: &Context, esr: u64, kernel: &Kernel) -> *const Context {
    kernel.settle_resident();
    match esr >> CLASS_SHIFT {
        class::SVC64 => handle_syscall(kernel),
        class::FP_SIMD if kernel.cpu.arch.give_fp() => return context,
        class::DATA_ABORT => {
            let fault = Fault::of_exception(&kernel.cpu.arch, esr);
            if kernel.logs_write(fault) {
                return context;
            }
            handle_fault(kernel, fault);
        }
        class::HVC32 => {
            context.elr.set(context.elr.get().wrapping_sub(HVC_BYTES));
            handle_fault(kernel, Fault::of_exception(&kernel.cpu.arch, esr));
        }
        _ => handle_fault(kernel, Fault::of_exception(&kernel.cpu.arch, esr)),
    }
    resume(kernel)
}

/// An interrupt while a thread runs.
pub extern "C" fn interrupt(_context: &Context, _esr: u64, kernel: &Kernel) -> *const Context {
    take_interrupt(kernel);
    resume(kernel)
}

/// An asynchronous abort while a thread runs.
pub extern "C" fn serror(_context: &Context, esr: u64, kernel: &Kernel) -> *const Context {
    handle_serror(kernel, esr);
    resume(kernel)
}

/// The context of the thread that the kernel is left to; while there is none, the core sleeps until an interrupt comes,
/// masked as it is.
#[inline(always)]
pub fn resume(kernel: &Kernel) -> *const Context {
    loop {
        if let Some(thread) = kernel.current() {
            return resume_with(thread);
        }
        idle(kernel);
    }
}

#[inline(always)]
fn resume_with(thread: Ref<Tcb>) -> *const Context {
    core::ptr::from_ref(&thread.context)
}

#[cold]
fn idle(kernel: &Kernel) {
    kernel.cpu.arch.wait_for_interrupt();
    take_interrupt(kernel);
}

#[inline(always)]
fn take_interrupt(kernel: &Kernel) {
    if let Some(irq) = kernel.cpu.arch.acknowledge_irq() {
        handle_interrupt(kernel, irq);
    }
}

#[inline(always)]
pub(crate) fn is_reply_recv(context: &Context) -> bool {
    context.x[7].get() as i64 == Syscall::ReplyRecv.number()
}

/// A ReplyRecv that may write a debug register.
#[inline(always)]
pub(crate) fn carries_write(context: &Context) -> bool {
    is_reply_recv(context) && context.x[2 + fault_context::REPLY_REGISTER].get() > fault_context::NO_REGISTER
}
