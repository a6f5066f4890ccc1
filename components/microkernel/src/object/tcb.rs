// SPDX-License-Identifier: MIT OR Apache-2.0
//! Thread control blocks.

use crate::arch::sanitise_spsr;
use crate::cap::{FrameRights, Slot};
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::endpoint::Endpoint;
use crate::object::ipc_buffer::Buffer;
use crate::object::notification::Notification;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::sched_context::SchedContext;
use crate::object::vcpu::Vcpu;
use core::cell::Cell;
use core::mem::offset_of;
use sel4_abi::user_context::ContextRegister;

/// The registers of a thread, as the entry and exit code stores them: first in the [`Tcb`].
#[derive(Default)]
#[repr(C)]
pub struct Context {
    /// x0..x30.
    pub x: [Cell<u64>; 31],
    /// Stack pointer of EL0.
    pub sp_el0: Cell<u64>,
    /// Where the thread continues (`ELR_EL2`).
    pub elr: Cell<u64>,
    /// `SPSR_EL2`.
    pub spsr: Cell<u64>,
    /// The thread-local storage register.
    pub tpidr_el0: Cell<u64>,
    /// Its read-only sibling.
    pub tpidrro_el0: Cell<u64>,
}

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum ThreadState {
    /// Nothing, until somebody resumes it.
    #[default]
    Inactive = 0,
    /// Runs, or would.
    Running,
    /// Runs from the instruction that entered the kernel.
    Restart,
    /// Waits for a message on an endpoint.
    BlockedOnReceive,
    /// Waits to send on an endpoint.
    BlockedOnSend,
    /// Waits for a reply.
    BlockedOnReply,
    /// Waits for a signal.
    BlockedOnNotification,
}

/// A thread control block.
#[repr(C)]
pub struct Tcb {
    /// Registers.
    pub context: Context,
    /// The instruction that entered the kernel: where a restart continues.
    pub fault_ip: Cell<u64>,
    /// State.
    pub state: Cell<ThreadState>,
    /// Priority.
    pub priority: Cell<u8>,
    /// The highest priority that it may give to others.
    pub mcp: Cell<u8>,
    /// Scheduling domain: always 0.
    pub domain: Cell<u8>,
    /// `TCB_SetFlags` bits.
    pub flags: Cell<u8>,
    /// Is in a ready queue.
    pub queued: Cell<bool>,
    /// Is in the release queue.
    pub in_release_queue: Cell<bool>,
    /// Blocked with the grant right.
    pub blocking_grant: Cell<bool>,
    /// Blocked with the grant-reply right.
    pub blocking_grant_reply: Cell<bool>,
    /// Blocked in a Call (or by a fault): wants a reply.
    pub blocking_is_call: Cell<bool>,
    /// Badge of the capability that it sends through.
    pub blocking_badge: Cell<u64>,
    /// The endpoint that it waits on.
    pub blocking_endpoint: Cell<Option<Ref<Endpoint>>>,
    /// The notification that it waits on.
    pub blocking_notification: Cell<Option<Ref<Notification>>>,
    /// The reply object that it receives with, or whose reply it waits for.
    pub reply: Cell<Option<Ref<Reply>>>,
    /// Neighbours in the ready queue or in the release queue.
    pub sched_next: Cell<Option<Ref<Tcb>>>,
    /// As `sched_next`.
    pub sched_previous: Cell<Option<Ref<Tcb>>>,
    /// Neighbours in an endpoint's or a notification's queue.
    pub queue_next: Cell<Option<Ref<Tcb>>>,
    /// As `queue_next`.
    pub queue_previous: Cell<Option<Ref<Tcb>>>,
    /// The time that it runs on.
    pub sched_context: Cell<Option<Ref<SchedContext>>>,
    /// The notification that reaches it while it waits on endpoints.
    pub bound_notification: Cell<Option<Ref<Notification>>>,
    /// Its virtual CPU.
    pub vcpu: Cell<Option<Ref<Vcpu>>>,
    /// Virtual address of the IPC buffer.
    pub ipc_buffer: Cell<u64>,
    /// The fault whose answer it waits for.
    pub fault: Cell<Fault>,
    /// How many faults it has had: tells one from the next that is like it.
    pub fault_number: Cell<u32>,
    /// Name for the kernel's messages, zero-padded.
    pub name: [Cell<u8>; NAME_LENGTH],
    reserved: [Cell<u64>; 4],
    /// Root of its CSpace.
    pub cspace: Slot,
    /// Its VSpace.
    pub vspace: Slot,
    /// Frame of the IPC buffer.
    pub buffer_frame: Slot,
    /// Where its faults go.
    pub fault_endpoint: Slot,
    /// Where its timeout faults go.
    pub timeout_endpoint: Slot,
}

/// Bytes of a thread's name.
pub const NAME_LENGTH: usize = 32;
/// Slots in a TCB.
pub const TCB_SLOTS: usize = 5;

const _: () = {
    assert!(offset_of!(Tcb, context) == 0);
    assert!(offset_of!(Context, sp_el0) == 248);
    assert!(offset_of!(Context, elr) == 256);
    assert!(offset_of!(Context, spsr) == 264);
    assert!(offset_of!(Context, tpidr_el0) == 272);
    assert!(offset_of!(Context, tpidrro_el0) == 280);
    assert!(offset_of!(Tcb, fault_ip) == 288);
    assert!(offset_of!(Tcb, timeout_endpoint) - offset_of!(Tcb, cspace) == 4 * size_of::<Slot>());
    assert!(size_of::<Tcb>() <= 1 << sel4_abi::object::TCB_BITS);
};

impl Tcb {
    /// The buffer, if the thread has a frame for it that the kernel may write (or read, to `write` not).
    #[inline(never)]
    pub fn buffer(&self, write: bool) -> Option<Ref<Buffer>> {
        let frame = self.buffer_frame.frame()?;
        let allowed = match frame.rights {
            FrameRights::ReadWrite => true,
            FrameRights::ReadOnly => !write,
            FrameRights::KernelOnly => false,
        };
        if !allowed || frame.device {
            return None;
        }
        let offset = self.ipc_buffer.get() & ((1 << frame.size.bits()) - 1);
        Ref::from_addr(frame.paddr + offset)
    }

    /// A fault to tell its handler of.
    #[inline(always)]
    pub fn count_fault(&self, fault: Fault) {
        self.fault.set(fault);
        self.fault_number.set(self.fault_number.get().wrapping_add(1));
    }

    /// A register by its place in the user context; the program counter is where a restart continues.
    #[inline(always)]
    pub fn register(&self, register: ContextRegister) -> u64 {
        let context = &self.context;
        match register {
            ContextRegister::Pc => self.fault_ip.get(),
            ContextRegister::Sp => context.sp_el0.get(),
            ContextRegister::Spsr => context.spsr.get(),
            ContextRegister::X(n) => context.x[n as usize % 31].get(),
            ContextRegister::TpidrEl0 => context.tpidr_el0.get(),
            ContextRegister::TpidrroEl0 => context.tpidrro_el0.get(),
        }
    }

    /// Sets a register to a user's value.
    #[inline]
    pub fn set_register(&self, register: ContextRegister, value: u64) {
        let context = &self.context;
        match register {
            ContextRegister::Pc => self.fault_ip.set(value),
            ContextRegister::Sp => context.sp_el0.set(value),
            ContextRegister::Spsr => context.spsr.set(sanitise_spsr(value, self.vcpu.get())),
            ContextRegister::X(n) => context.x[n as usize % 31].set(value),
            ContextRegister::TpidrEl0 => context.tpidr_el0.set(value),
            ContextRegister::TpidrroEl0 => context.tpidrro_el0.set(value),
        }
    }
}

impl Ref<Tcb> {
    /// The first of the [`TCB_SLOTS`] slots, from which the others can be reached.
    pub(crate) fn slots(self) -> Ref<Slot> {
        self.at_byte(offset_of!(Tcb, cspace))
    }
}

impl Kernel {
    /// Stops a thread; it continues where it was when it is resumed.
    pub(crate) fn suspend(&self, thread: Ref<Tcb>) {
        self.end_wait(thread);
        self.cancel_ipc(thread);
        if thread.state.get() == ThreadState::Running {
            thread.fault_ip.set(thread.context.elr.get());
        }
        self.set_state(thread, ThreadState::Inactive);
        self.cpu.ready.remove(thread);
        self.release_remove(thread);
    }

    /// Starts a thread that does not run, whatever it waits for, at its restart address.
    pub(crate) fn restart(&self, thread: Ref<Tcb>) {
        if thread.is_runnable() {
            return;
        }
        self.end_wait(thread);
        self.cancel_ipc(thread);
        self.set_state(thread, ThreadState::Restart);
        self.unblock_sporadic(thread);
        if let Some(sc) = thread.sched_context.get() {
            self.resume_sc(sc);
        }
        self.possible_switch_to(thread);
    }

    /// Changes a priority, with the thread's place in whatever queue it is in.
    pub(crate) fn set_priority(&self, thread: Ref<Tcb>, priority: u8) {
        if thread.is_blocked() && thread.state.get() != ThreadState::BlockedOnReply {
            return self.reorder(thread, priority);
        }
        let moves = thread.is_runnable() && (thread.queued.get() || self.cpu.current.get() == Some(thread));
        if moves {
            self.cpu.ready.remove(thread);
        }
        thread.priority.set(priority);
        if moves {
            if self.is_schedulable(thread) {
                self.cpu.ready.push_front(thread);
            }
            self.reschedule();
        }
    }
}
