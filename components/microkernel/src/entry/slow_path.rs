// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries with everything that can happen in them: time is charged, and the scheduler has its say.

use crate::arch::{Clock, InterruptController, SystemError};
use crate::debug::debug_syscall;
use crate::fastpath::FastFault;
use crate::fault::Fault;
use crate::invariants::{Path, after_entry};
use crate::kernel::Kernel;
use crate::object::vcpu;
use crate::shared::IrqState;
use crate::syscall::SVC_BYTES;
use sel4_abi::syscall::Syscall;

/// `svc #0` by the current thread; `elr` is the address after it.
pub fn handle_syscall(kernel: &Kernel) {
    kernel.settle_resident();
    let Some(thread) = kernel.current() else { return };
    thread.fault_ip.set(thread.context.elr.get().wrapping_sub(SVC_BYTES));
    let number = thread.context.x[7].get();
    let call = Syscall::from_number(number as i64);
    if let Some(call) = call
        && call.number() <= Syscall::DebugPutChar.number()
        && debug_syscall(kernel, thread, call)
    {
        return;
    }
    kernel.update_time();
    if kernel.check_budget_restart() {
        match call {
            Some(call) if call.number() > Syscall::DebugPutChar.number() => kernel.syscall(thread, call),
            _ => kernel.fault(thread, Fault::UnknownSyscall(number)),
        }
    }
    kernel.leave();
    after_entry(kernel, Path::Slow);
}

/// An exception of the current thread that is not a system call; `elr` is the address of the instruction.
pub fn handle_fault(kernel: &Kernel, fault: Fault) {
    kernel.settle_resident();
    let Some(thread) = kernel.current() else { return };
    thread.fault_ip.set(thread.context.elr.get());
    let doorbell = kernel.doorbell(thread, fault);
    if let Fault::VmFault { addr, prefetch, esr } = fault
        && doorbell.is_none()
        && kernel.fast_fault(thread, FastFault::Vm { addr, prefetch, esr }).is_some()
    {
        return after_entry(kernel, Path::Fast);
    }
    vcpu::at_slow_exit(kernel, thread);
    kernel.update_time();
    if kernel.check_budget_restart() {
        match doorbell {
            Some(doorbell) => kernel.ring(thread, fault, doorbell),
            None => kernel.fault(thread, fault),
        }
    }
    kernel.leave();
    after_entry(kernel, Path::Slow);
}

/// An asynchronous abort. A guest's is the guest's to take, and so is one that comes while its VMM answers it on the
/// resident pass, which does not wait for what the guest has begun. Any other is a fault of the thread that runs.
pub fn handle_serror(kernel: &Kernel, esr: u64) {
    let trapped = kernel.trapped_guest();
    kernel.settle_resident();
    let guest = trapped.or_else(|| kernel.current()).and_then(|thread| thread.vcpu.get());
    let Some(vcpu) = guest else { return handle_fault(kernel, Fault::of_exception(&kernel.cpu.arch, esr)) };
    if let Some(thread) = kernel.current() {
        thread.fault_ip.set(thread.context.elr.get());
    }
    kernel.update_time();
    kernel.check_budget();
    kernel.cpu.arch.pend_serror(vcpu);
    kernel.leave();
    after_entry(kernel, Path::Slow);
}

/// An interrupt, already acknowledged at the controller; ends it there as well.
pub fn handle_interrupt(kernel: &Kernel, irq: u16) {
    kernel.settle_resident();
    let thread = kernel.current();
    if let Some(thread) = thread {
        thread.fault_ip.set(thread.context.elr.get());
    }
    kernel.update_time();
    kernel.check_budget();
    match kernel.shared.irq_states.get(irq as usize).map(|state| state.get()) {
        Some(IrqState::Signal) => kernel.signal_irq(irq),
        Some(IrqState::Reserved) if kernel.cpu.arch.is_timer_irq(irq) => kernel.cpu.reprogram.set(true),
        Some(IrqState::Reserved) => vcpu::handle_irq(kernel, irq),
        Some(IrqState::Inactive) | None => kernel.cpu.arch.mask_irq(irq),
    }
    kernel.cpu.arch.end_irq(irq);
    if let Some(thread) = thread {
        vcpu::at_slow_exit(kernel, thread);
    }
    kernel.leave();
    after_entry(kernel, Path::Slow);
}
