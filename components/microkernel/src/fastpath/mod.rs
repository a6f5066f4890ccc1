// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fast path of a guest's fault to the VMM that waits for it, and of the VMM's reply back; [`ipc`] has that of a Call.
//!
//! Both do what the slow path does, for the case that has nothing special: they check everything first, and touch
//! nothing if anything is out of the ordinary. `tests::fastpath` takes both paths and compares the kernels.
//!
//! Time is settled only when it has to be: a VMM with time of its own begins on the guest's, as a passive one does. If the
//! reply is the next thing that enters the kernel, nothing was switched; anything else (another system call, an interrupt,
//! the end of the guest's budget or of the VMM's) charges the guest so far, and the VMM runs on its own from there. And if
//! traps and replies are all that happens, guest and VMM become the core's resident pair ([`resident`]).

mod ipc;
mod resident;

pub(crate) use resident::ResidentPair;

use crate::cpu::Choice;
use crate::cspace::lookup_flat;
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::endpoint::Endpoint;
use crate::object::notification::NotificationState;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Tcb, ThreadState};
use crate::syscall::SVC_BYTES;
use lazaret_abi::fault_context;

/// The faults that have a fast path.
#[derive(Clone, Copy)]
pub(crate) enum FastFault {
    /// A trapped instruction: ESR_EL2.
    Vcpu(u64),
    /// A stage-2 abort.
    Vm { addr: u64, prefetch: bool, esr: u64 },
}

impl FastFault {
    const fn fault(self) -> Fault {
        match self {
            Self::Vcpu(hsr) => Fault::VcpuFault { hsr },
            Self::Vm { addr, prefetch, esr } => Fault::VmFault { addr, prefetch, esr },
        }
    }
}

impl Kernel {
    /// Hands a guest's fault to its handler, if that waits and is next: the handler. `None`: nothing has happened.
    #[inline]
    pub(crate) fn fast_fault(&self, guest: Ref<Tcb>, fault: FastFault) -> Option<Ref<Tcb>> {
        let (endpoint, badge, rights) = guest.fault_endpoint.endpoint()?;
        let handler = endpoint.head.get()?;
        let reply = handler.reply.get()?;
        let ordinary = guest.vcpu.get().is_some()
            && (rights.grant() || rights.grant_reply())
            && handler.state.get() == ThreadState::BlockedOnReceive
            && handler.queue_next.get().is_none()
            && self.can_answer(handler, guest);
        if !ordinary {
            return None;
        }
        guest.fault_ip.set(guest.context.elr.get());
        guest.count_fault(fault.fault());
        let info = match fault {
            FastFault::Vcpu(_) => self.put_fault(fault.fault(), guest, handler),
            FastFault::Vm { .. } => self.put_fault(fault.fault(), guest, handler),
        };
        handler.context.x[1].set(info.0);
        handler.context.x[0].set(badge);
        self.record_fault(guest, handler, endpoint, reply, fault.fault());
        if let Some(sc) = handler.sched_context.get()
            && self.cpu.on_guest_time.get()
        {
            self.limit_to(sc);
        }
        self.hand_over(handler);
        Some(handler)
    }

    /// The handler, which waited alone, has the guest's fault, counted already, and runs on the guest's time: lent, if it
    /// has none of its own.
    #[inline(always)]
    fn record_fault(
        &self,
        guest: Ref<Tcb>,
        handler: Ref<Tcb>,
        endpoint: Ref<Endpoint>,
        reply: Ref<Reply>,
        fault: Fault,
    ) {
        endpoint.head.set(None);
        endpoint.tail.set(None);
        guest.fault_ip.set(guest.context.elr.get());
        guest.fault.set(fault);
        guest.state.set(ThreadState::BlockedOnReply);
        guest.reply.set(Some(reply));
        reply.tcb.set(Some(guest));
        handler.reply.set(None);
        handler.state.set(ThreadState::Running);
        match guest.sched_context.get() {
            Some(sc) if handler.sched_context.get().is_none() => {
                guest.sched_context.set(None);
                reply.head_of.set(Some(sc));
                sc.reply.set(Some(reply));
                move_time(sc, handler);
            }
            _ => self.cpu.on_guest_time.set(true),
        }
    }

    /// ReplyRecv of a handler to a guest that is next, with nobody waiting to be received from: the guest; or of a server
    /// that was called ([`ipc`]). `None`: as above.
    #[inline]
    pub(crate) fn fast_reply(&self, handler: Ref<Tcb>) -> Option<Ref<Tcb>> {
        let x = &handler.context.x;
        let info = ipc::register_message(handler)?;
        let (reply, _) = lookup_flat(handler, x[6].get())?.reply()?;
        let lent = reply.head_of.get();
        if lent.is_some() && reply.tcb.get()?.vcpu.get().is_none() {
            return self.fast_reply_to_caller(handler, info, reply);
        }
        let (endpoint, _, rights) = lookup_flat(handler, x[0].get())?.endpoint()?;
        let guest = self.plain_caller(reply)?;
        // One that stops the guest leaves the core to somebody else.
        if info.label() > fault_context::REPLY_LABEL {
            return None;
        }
        if !rights.read() || endpoint.head.get().is_some() || has_signal(handler) {
            return None;
        }
        let is_next = match lent {
            None => self.can_go_next(guest),
            Some(sc) => !sc.turn_over.get() && self.own_time(handler) == lent && self.can_take_back(guest),
        };
        if !is_next {
            return None;
        }
        self.take_context(info, handler, guest);
        guest.fault.set(Fault::None);
        guest.reply.set(None);
        guest.context.elr.set(guest.fault_ip.get());
        guest.state.set(ThreadState::Running);
        handler.fault_ip.set(handler.context.elr.get().wrapping_sub(SVC_BYTES));
        wait_alone(handler, endpoint, reply);
        self.hand_over(guest);
        if let Some(sc) = lent {
            reply.head_of.set(None);
            sc.reply.set(None);
            handler.sched_context.set(None);
            move_time(sc, guest);
            self.make_resident(guest, handler, endpoint, reply);
            return Some(guest);
        }
        if self.cpu.on_guest_time.replace(false) && guest.sched_context.get() == self.cpu.current_sc.get() {
            self.make_resident(guest, handler, endpoint, reply);
            return Some(guest);
        }
        self.update_time();
        self.switch_sched_context();
        Some(guest)
    }

    /// A kernel entry that is not the reply: the handler's own time begins.
    #[inline(always)]
    pub(crate) fn settle_time(&self) {
        if self.cpu.on_guest_time.replace(false) {
            self.switch_sched_context();
        }
    }

    /// The guest that waits for a reply to a trap, if its scheduling context is its own.
    #[inline(always)]
    fn plain_caller(&self, reply: Ref<Reply>) -> Option<Ref<Tcb>> {
        let guest = reply.tcb.get()?;
        let plain = guest.state.get() == ThreadState::BlockedOnReply
            && matches!(guest.fault.get(), Fault::VcpuFault { .. } | Fault::VmFault { .. })
            && !guest.vcpu.get().is_some_and(|vcpu| vcpu.timer_wait.alarm_due.get())
            && reply.previous.get().is_none()
            && reply.next.get().is_none();
        plain.then_some(guest)
    }

    /// Once it is runnable and has time, the scheduler would choose this thread.
    #[inline(always)]
    fn is_next(&self, thread: Ref<Tcb>) -> bool {
        self.cpu.choice.get() == Choice::Resume
            && self.cpu.ready.is_highest(thread.priority.get())
            && !self.release_is_due()
    }

    /// It could handle a fault of the guest that runs: on its own time, or, without any, on what the guest lends it.
    #[inline(always)]
    fn can_answer(&self, handler: Ref<Tcb>, guest: Ref<Tcb>) -> bool {
        if handler.sched_context.get().is_some() {
            return self.can_go_next(handler);
        }
        self.own_time(guest).is_some_and(|sc| !sc.is_lent()) && self.is_next(handler)
    }

    /// A guest that has lent its time would be next with it.
    #[inline(always)]
    fn can_take_back(&self, guest: Ref<Tcb>) -> bool {
        guest.sched_context.get().is_none() && self.is_next(guest)
    }

    /// The same, and it has time of its own.
    #[inline(always)]
    fn can_go_next(&self, thread: Ref<Tcb>) -> bool {
        self.is_next(thread)
            && !thread.in_release_queue.get()
            && thread.sched_context.get().is_some_and(|sc| sc.is_active() && !sc.sporadic.get() && self.has_budget(sc))
    }
}

/// A signal is there for a thread that is about to receive, or the notification has lent the time that it runs on.
#[inline(always)]
fn has_signal(thread: Ref<Tcb>) -> bool {
    thread.bound_notification.get().is_some_and(|notification| {
        let lent = notification.sched_context.get();
        notification.state.get() == NotificationState::Active || lent.is_some() && lent == thread.sched_context.get()
    })
}

/// The scheduling context is this thread's now; that of the other one, which ran on it, is the caller's to settle.
#[inline(always)]
fn move_time(sc: Ref<SchedContext>, to: Ref<Tcb>) {
    sc.tcb.set(Some(to));
    to.sched_context.set(Some(sc));
}

/// The thread is the first and only one that receives here.
#[inline(always)]
fn wait_alone(thread: Ref<Tcb>, endpoint: Ref<Endpoint>, reply: Ref<Reply>) {
    reply.tcb.set(Some(thread));
    thread.reply.set(Some(reply));
    thread.blocking_endpoint.set(Some(endpoint));
    thread.state.set(ThreadState::BlockedOnReceive);
    endpoint.head.set(Some(thread));
    endpoint.tail.set(Some(thread));
}
