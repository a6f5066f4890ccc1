// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduling contexts: processor time as an object, and who holds it.

use crate::arch::{Ticks, us_from_ticks};
use crate::kernel::Kernel;
use crate::object::notification::Notification;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::tcb::Tcb;
use core::cell::Cell;

/// Processor time that can be used from some moment on.
#[repr(C)]
pub struct Refill {
    /// From when.
    pub time: Cell<Ticks>,
    /// How much.
    pub amount: Cell<Ticks>,
}

/// A scheduling context. The refills, a ring, follow it in memory.
#[repr(C)]
pub struct SchedContext {
    /// 0 for round robin, where the budget is the time slice.
    pub period: Cell<Ticks>,
    /// Time used since somebody asked.
    pub consumed: Cell<Ticks>,
    /// The thread that runs on it.
    pub tcb: Cell<Option<Ref<Tcb>>>,
    /// Top of the stack of calls that it was donated along.
    pub reply: Cell<Option<Ref<Reply>>>,
    /// The notification that lends it.
    pub notification: Cell<Option<Ref<Notification>>>,
    /// The word in timeout faults.
    pub badge: Cell<u64>,
    /// Refills in use at most; 0 until configured.
    pub refill_max: Cell<u16>,
    /// Index of the head refill.
    pub refill_head: Cell<u16>,
    /// Refills in the ring.
    pub refill_count: Cell<u16>,
    /// Budget comes back a period after the thread woke up, not a period after it was due.
    pub sporadic: Cell<bool>,
    /// A time slice ended while it was lent along calls: its turn is over when it comes home (`sched::turn`).
    pub turn_over: Cell<bool>,
    reserved: [Cell<u64>; 5],
}

const _: () = {
    assert!(size_of::<Refill>() == sel4_abi::object::REFILL_BYTES);
    assert!(size_of::<SchedContext>() + 2 * size_of::<Refill>() == 1 << sel4_abi::object::MIN_SCHED_CONTEXT_BITS);
};

/// Refills that fit in an object of this size.
pub const fn capacity(bits: u8) -> u64 {
    ((1 << bits) - size_of::<SchedContext>() as u64) / size_of::<Refill>() as u64
}

impl SchedContext {
    /// Configured.
    #[inline(always)]
    pub fn is_active(&self) -> bool {
        self.refill_max.get() > 0
    }

    /// The budget is a time slice that is always there.
    #[inline(always)]
    pub fn is_round_robin(&self) -> bool {
        self.period.get() == 0
    }
}

impl Kernel {
    /// Gives a scheduling context, with whoever runs on it losing it, to a thread that has none.
    #[inline]
    pub(crate) fn donate(&self, sc: Ref<SchedContext>, to: Ref<Tcb>) {
        if let Some(from) = sc.tcb.get() {
            self.cpu.ready.remove(from);
            self.release_remove(from);
            from.sched_context.set(None);
        }
        sc.tcb.set(Some(to));
        to.sched_context.set(Some(sc));
    }

    /// Binds a thread and a scheduling context, neither of which is bound.
    pub(crate) fn bind_thread(&self, sc: Ref<SchedContext>, thread: Ref<Tcb>) {
        thread.sched_context.set(Some(sc));
        sc.tcb.set(Some(thread));
        if sc.sporadic.get() && sc.is_active() && self.cpu.current_sc.get() != Some(sc) {
            self.refill_unblock(sc);
        }
        self.resume_sc(sc);
        if self.is_schedulable(thread) {
            self.cpu.ready.push_front(thread);
            self.reschedule();
        }
    }

    /// Takes the scheduling context from its thread.
    pub(crate) fn unbind_thread(&self, sc: Ref<SchedContext>) {
        let Some(thread) = sc.tcb.get() else { return };
        self.cpu.ready.remove(thread);
        self.release_remove(thread);
        thread.sched_context.set(None);
        sc.tcb.set(None);
        // A turn is a thread's.
        sc.turn_over.set(false);
    }

    /// Forgets the notification that lends the scheduling context.
    pub(crate) fn unbind_sc_notification(&self, sc: Ref<SchedContext>) {
        if let Some(notification) = sc.notification.take() {
            notification.sched_context.set(None);
        }
    }

    /// Forgets the calls that the scheduling context was donated along.
    pub(crate) fn unbind_reply(&self, sc: Ref<SchedContext>) {
        if let Some(reply) = sc.reply.take() {
            reply.head_of.set(None);
        }
        // It is at home where it is.
        sc.turn_over.set(false);
    }

    pub(crate) fn finalise_sched_context(&self, sc: Ref<SchedContext>) {
        self.unbind_thread(sc);
        self.unbind_sc_notification(sc);
        self.unbind_reply(sc);
        sc.refill_max.set(0);
        sc.sporadic.set(false);
        if self.cpu.current_sc.get() == Some(sc) {
            self.cpu.consumed.set(0);
            self.cpu.current_sc.set(None);
        }
    }

    /// A thread that could run, but without budget now, waits for the next refill.
    pub(crate) fn resume_sc(&self, sc: Ref<SchedContext>) {
        if let Some(thread) = sc.tcb.get()
            && self.is_schedulable(thread)
            && !self.has_budget(sc)
        {
            self.postpone(sc);
        }
    }

    /// Microseconds used since the last question.
    pub(crate) fn take_consumed(&self, sc: Ref<SchedContext>) -> u64 {
        us_from_ticks(&self.cpu.arch, sc.consumed.replace(0))
    }
}
