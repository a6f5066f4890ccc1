// SPDX-License-Identifier: MIT OR Apache-2.0
//! Charging time: who pays for it, when a budget ends, and what happens then.

use crate::arch::Clock;
use crate::arch::Ticks;
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::ThreadState;

impl Kernel {
    /// Begins a kernel entry: reads the clock.
    #[inline(always)]
    pub(crate) fn update_time(&self) {
        let now = self.cpu.arch.now();
        let before = self.cpu.now.replace(now);
        self.cpu.consumed.set(self.cpu.consumed.get() + now.saturating_sub(before));
        self.settle_time();
    }

    /// Whether the current thread can pay for this entry. If not, it is charged, and the scheduler informed.
    #[inline(always)]
    pub(crate) fn check_budget(&self) -> bool {
        let Some(sc) = self.cpu.current_sc.get() else { return true };
        if self.outlasts(sc, self.cpu.consumed.get()) {
            return true;
        }
        self.charge_budget(sc, self.cpu.consumed.get(), true);
        false
    }

    /// As [`check_budget`](Self::check_budget); the thread starts its instruction again when it can pay.
    #[inline(always)]
    pub(crate) fn check_budget_restart(&self) -> bool {
        if self.check_budget() {
            return true;
        }
        if let Some(thread) = self.cpu.current.get()
            && thread.is_runnable()
        {
            self.set_state(thread, ThreadState::Restart);
        }
        false
    }

    /// Ends the head refill of the current scheduling context, `used` of which were used.
    pub(crate) fn charge_budget(&self, sc: Ref<SchedContext>, used: Ticks, can_fault: bool) {
        if sc.is_round_robin() {
            sc.renew_slice();
            sc.end_turn();
        } else {
            sc.charge(used, self.cpu.min_budget.get());
        }
        sc.consumed.set(sc.consumed.get() + used);
        self.cpu.consumed.set(0);
        if let Some(thread) = self.cpu.current.get()
            && self.is_schedulable(thread)
        {
            let tells = can_fault && !sc.is_round_robin() && !thread.timeout_endpoint.is_empty();
            if tells {
                self.send_timeout(thread, Fault::Timeout { badge: sc.badge.get() });
            } else if self.has_budget(sc) {
                self.cpu.ready.push_back(thread);
            } else {
                self.postpone(sc);
            }
            self.reschedule();
            self.cpu.reprogram.set(true);
        }
    }

    /// Charges what the current scheduling context used so far; it goes on.
    #[inline]
    pub(crate) fn commit_time(&self) {
        let used = self.cpu.consumed.replace(0);
        if let Some(sc) = self.cpu.current_sc.get()
            && used > 0
        {
            if sc.is_round_robin() {
                sc.charge_slice(used);
            } else {
                sc.charge(used, self.cpu.min_budget.get());
            }
            sc.consumed.set(sc.consumed.get() + used);
        }
    }

    /// The scheduling context of the thread to resume pays from here on. Whether a deadline was set for it.
    #[inline]
    pub(crate) fn switch_sched_context(&self) -> bool {
        let next = self.cpu.current.get().and_then(|thread| thread.sched_context.get());
        if next != self.cpu.current_sc.get() {
            self.cpu.reprogram.set(true);
            if let Some(sc) = next
                && !sc.sporadic.get()
            {
                self.refill_unblock(sc);
            }
        }
        let is_new = self.cpu.reprogram.replace(false);
        if is_new {
            self.commit_time();
            self.cpu.current_sc.set(next);
            self.set_next_deadline();
        }
        is_new
    }

    /// The next moment at which somebody's time ends or begins.
    fn set_next_deadline(&self) {
        let slice_end = self
            .cpu
            .current_sc
            .get()
            .map_or(Ticks::MAX, |sc| self.cpu.now.get().saturating_add(sc.head().amount.get()));
        let release = self.cpu.release_head.get().and_then(|thread| thread.sched_context.get());
        let release = release.map_or(Ticks::MAX, |sc| sc.head().time.get());
        self.set_deadline(slice_end.min(release).min(self.next_timer()));
    }

    fn set_deadline(&self, deadline: Ticks) {
        self.cpu.deadline.set(deadline);
        self.cpu.arch.set_deadline(deadline);
    }

    /// Whoever has this scheduling context begins on another's: for no longer than its own would last.
    #[inline]
    pub(crate) fn limit_to(&self, sc: Ref<SchedContext>) {
        let end = self.cpu.arch.now().saturating_add(sc.head().amount.get());
        if end < self.cpu.deadline.get() {
            self.set_deadline(end);
        }
    }
}
