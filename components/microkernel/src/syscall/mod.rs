// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries into the kernel. The architecture's code saves the registers of the current thread in its
//! [`Context`](crate::object::tcb::Context), calls one of these, and resumes [`Kernel::current`].

mod receive;

use crate::debug::debug_syscall;
use crate::fastpath::QuickFault;
pub use crate::fastpath::Trapped;
use crate::fault::Fault;
use crate::invariants::{Way, after_entry};
use crate::invocation::{How, invoke};
use crate::kernel::{IrqState, Kernel};
use crate::object::reference::Ref;
use crate::object::tcb::{Context, Tcb, ThreadState};
use crate::object::vcpu;
use lazaret_abi::fault_context;
use sel4_abi::syscall::Syscall;

/// Bytes of `svc #0`.
pub(crate) const SVC_BYTES: u64 = 4;

/// The shortest way of a system call: the thread to resume. `None`: nothing has happened.
#[inline(always)]
pub fn pass_syscall(kernel: &Kernel, thread: &Context) -> Option<Ref<Tcb>> {
    if is_reply_recv(thread) { kernel.pass_reply(thread) } else { None }
}

/// The short ways of a system call, if it has one.
#[inline]
pub fn quick_syscall(kernel: &Kernel, thread: &Context) -> Option<Ref<Tcb>> {
    let number = thread.x[7].get() as i64;
    if number == Syscall::ReplyRecv.number() {
        kernel.settle_exchange();
        kernel.quick_reply(kernel.current()?).inspect(|_| after_entry(kernel, Way::Short))
    } else if number == Syscall::Call.number() {
        kernel.settle_exchange();
        kernel.quick_call(kernel.current()?).inspect(|_| after_entry(kernel, Way::Short))
    } else {
        None
    }
}

/// A ReplyRecv that may write a debug register.
#[inline(always)]
pub fn carries_write(thread: &Context) -> bool {
    is_reply_recv(thread) && thread.x[2 + fault_context::REPLY_REGISTER].get() > fault_context::NO_REGISTER
}

/// The shortest way of a system call that [`carries_write`].
#[inline(always)]
pub fn pass_write(kernel: &Kernel, thread: &Context) -> Option<Ref<Tcb>> {
    kernel.pass_reply_with_write(thread)
}

#[inline(always)]
fn is_reply_recv(thread: &Context) -> bool {
    thread.x[7].get() as i64 == Syscall::ReplyRecv.number()
}

/// The shortest way of a guest's trap: the thread to resume. `None`: nothing has happened.
#[inline(always)]
pub fn pass_trap(kernel: &Kernel, guest: &Trapped<'_>) -> Option<Ref<Tcb>> {
    kernel.pass_trap(guest)
}

/// As [`pass_trap`] for a load or store at an address that is not mapped.
#[inline(always)]
pub fn pass_abort(kernel: &Kernel, guest: &Trapped<'_>, addr: u64) -> Option<Ref<Tcb>> {
    kernel.pass_abort(guest, addr)
}

/// The short way of a guest's trap, if it has one.
#[inline]
pub fn quick_trap(kernel: &Kernel, esr: u64) -> Option<Ref<Tcb>> {
    kernel.settle_exchange();
    kernel.quick_fault(kernel.current()?, QuickFault::Vcpu(esr)).inspect(|_| after_entry(kernel, Way::Short))
}

/// `svc #0` by the current thread; `elr` is the address after it.
pub fn handle_syscall(kernel: &Kernel) {
    kernel.settle_exchange();
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
    after_entry(kernel, Way::Whole);
}

/// For whatever is done about the current thread before one of the others is called.
pub fn settle(kernel: &Kernel) {
    kernel.settle_exchange();
}

/// An exception of the current thread that is not a system call; `elr` is the address of the instruction.
pub fn handle_fault(kernel: &Kernel, fault: Fault) {
    kernel.settle_exchange();
    let Some(thread) = kernel.current() else { return };
    thread.fault_ip.set(thread.context.elr.get());
    if let Fault::VmFault { addr, prefetch, esr } = fault
        && kernel.quick_fault(thread, QuickFault::Vm { addr, prefetch, esr }).is_some()
    {
        return after_entry(kernel, Way::Short);
    }
    kernel.update_time();
    if kernel.check_budget_restart() {
        kernel.fault(thread, fault);
    }
    kernel.leave();
    after_entry(kernel, Way::Whole);
}

/// An interrupt, already acknowledged at the controller; ends it there as well.
pub fn handle_interrupt(kernel: &Kernel, irq: u16) {
    kernel.settle_exchange();
    if let Some(thread) = kernel.current() {
        thread.fault_ip.set(thread.context.elr.get());
    }
    kernel.update_time();
    kernel.check_budget();
    match kernel.irq_states.get(irq as usize).map(|state| state.get()) {
        Some(IrqState::Signal) => kernel.signal_irq(irq),
        Some(IrqState::Reserved) if kernel.arch.is_timer_irq(irq) => kernel.reprogram.set(true),
        Some(IrqState::Reserved) => vcpu::handle_irq(kernel, irq),
        Some(IrqState::Inactive) | None => kernel.arch.mask_irq(irq),
    }
    kernel.arch.end_irq(irq);
    kernel.leave();
    after_entry(kernel, Way::Whole);
}

impl Kernel {
    #[inline(always)]
    fn syscall(&self, thread: Ref<Tcb>, call: Syscall) {
        let (send, receive) = halves(call);
        if let Some((register, how)) = send {
            invoke(self, thread, thread.context.x[register].get(), how);
            // The thread may be blocked now; or the call starts over.
            if how.first_phase && thread.state.get() != ThreadState::Running {
                return;
            }
        }
        if let Some((blocking, can_reply)) = receive {
            self.receive_call(thread, blocking, can_reply);
        }
        if call == Syscall::Yield {
            self.yield_budget();
        }
    }

    /// Gives up the rest of the head refill; only what was used counts as consumed.
    fn yield_budget(&self) {
        let Some(sc) = self.current_sc.get() else { return };
        let consumed = sc.consumed.get() + self.consumed.get();
        self.charge_budget(sc, sc.head().amount.get(), false);
        sc.consumed.set(consumed);
    }
}

/// The sending half of a system call, with the register that names the object.
type Send = Option<(usize, How)>;
/// The receiving half: blocking, and with a reply object.
type Receive = Option<(bool, bool)>;

#[inline(always)]
fn halves(call: Syscall) -> (Send, Receive) {
    const SEND: How = How { call: false, blocking: true, donate: false, first_phase: false };
    const FIRST_PHASE: How = How { call: false, blocking: false, donate: true, first_phase: true };
    match call {
        Syscall::Call => (Some((0, How { call: true, donate: true, ..SEND })), None),
        Syscall::ReplyRecv => (Some((6, FIRST_PHASE)), Some((true, true))),
        Syscall::NBSendRecv => (Some((8, FIRST_PHASE)), Some((true, true))),
        Syscall::NBSendWait => (Some((6, FIRST_PHASE)), Some((true, false))),
        Syscall::Send => (Some((0, SEND)), None),
        Syscall::NBSend => (Some((0, How { blocking: false, ..SEND })), None),
        Syscall::Recv => (None, Some((true, true))),
        Syscall::NBRecv => (None, Some((false, true))),
        Syscall::Wait => (None, Some((true, false))),
        Syscall::NBWait => (None, Some((false, false))),
        _ => (None, None),
    }
}
