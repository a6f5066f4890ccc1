// SPDX-License-Identifier: MIT OR Apache-2.0
//! Budgets as rings of refills: seL4's sporadic servers.
//!
//! A refill is an amount of time that can be used from some moment on. What is used comes back a period later as
//! a new refill at the tail, so that no window of a period sees more than the budget. The ring is ordered, its
//! refills do not overlap, the sum of their amounts is the budget, and the head holds at least [`min_budget`].
//! A round-robin context has two refills: what is left of the time slice, and what is used.

use crate::arch::{Core, Ticks, ticks_from_us};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::sched_context::{Refill, SchedContext};
use sel4_abi::MIN_BUDGET_US;

/// Refills of a context without extra ones.
pub const MIN_REFILLS: u16 = 2;

/// The least budget with which a thread may be in the kernel: twice the kernel's longest execution.
#[inline(always)]
pub fn min_budget(core: &Core) -> Ticks {
    ticks_from_us(core, MIN_BUDGET_US)
}

/// A refill as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    time: Ticks,
    amount: Ticks,
}

impl Share {
    const fn end(self) -> Ticks {
        self.time.saturating_add(self.amount)
    }
}

fn share_of(refill: Ref<Refill>) -> Share {
    Share { time: refill.time.get(), amount: refill.amount.get() }
}

/// The ring lies behind the object, so its methods need a reference to the whole of it, not `&SchedContext`.
impl Ref<SchedContext> {
    fn ring(self, position: u16) -> Ref<Refill> {
        let max = self.refill_max.get();
        let index = self.refill_head.get() + position;
        let wrapped = if index >= max { index - max } else { index };
        debug_assert!(wrapped < max);
        self.following::<Refill>().offset(wrapped as usize)
    }

    /// The refill in use.
    #[inline(always)]
    pub fn head(self) -> Ref<Refill> {
        debug_assert!(self.refill_head.get() < self.refill_max.get().max(1));
        self.following::<Refill>().offset(self.refill_head.get() as usize)
    }

    fn tail(self) -> Ref<Refill> {
        self.ring(self.refill_count.get() - 1)
    }

    fn is_single(self) -> bool {
        self.refill_count.get() == 1
    }

    fn push(self, share: Share) {
        debug_assert!(self.refill_count.get() < self.refill_max.get());
        self.refill_count.set(self.refill_count.get() + 1);
        let tail = self.tail();
        tail.time.set(share.time);
        tail.amount.set(share.amount);
    }

    fn pop(self) -> Share {
        debug_assert!(!self.is_single());
        let share = share_of(self.head());
        let next = self.refill_head.get() + 1;
        self.refill_head.set(if next == self.refill_max.get() { 0 } else { next });
        self.refill_count.set(self.refill_count.get() - 1);
        share
    }

    /// Adds used time where it comes back; merges it with the tail where they touch or the ring is full.
    fn give_back(self, share: Share) {
        let tail = self.tail();
        let last = share_of(tail);
        if last.end() >= share.time {
            tail.amount.set(last.amount + share.amount);
        } else if self.refill_count.get() < self.refill_max.get() {
            self.push(share);
        } else {
            tail.time.set(share.time.saturating_sub(last.amount));
            tail.amount.set(last.amount + share.amount);
        }
    }

    /// Starts over with the full budget from `now`.
    pub(crate) fn refill_new(self, max: u16, budget: Ticks, period: Ticks, now: Ticks) {
        self.turn_over.set(false);
        self.period.set(period);
        self.refill_max.set(max);
        self.refill_head.set(0);
        self.refill_count.set(0);
        self.push(Share { time: now, amount: budget });
        if self.is_round_robin() {
            self.push(Share { time: now, amount: 0 });
        }
    }

    /// Changes parameters in use, so that no window of a new period sees more than the new budget.
    pub(crate) fn refill_update(self, max: u16, budget: Ticks, period: Ticks, now: Ticks) {
        let head = share_of(self.head());
        let kept = Share { time: head.time.max(now), amount: head.amount.min(budget) };
        self.refill_new(max, kept.amount, period, kept.time);
        if kept.amount < budget {
            self.push(Share { time: kept.time.saturating_add(period), amount: budget - kept.amount });
        }
    }

    /// Merges refills that the head touches once it starts at `now`.
    fn merge_from(self, now: Ticks) {
        self.head().time.set(now);
        while !self.is_single() && self.ring(1).time.get() <= share_of(self.head()).end() {
            let old = self.pop();
            let head = self.head();
            head.time.set(old.time);
            head.amount.set(head.amount.get() + old.amount);
        }
    }

    /// Charges used time, whole head refills first.
    pub(crate) fn charge(self, used: Ticks, min_budget: Ticks) {
        let period = self.period.get();
        let mut left = used;
        while left > 0 && self.head().amount.get() <= left {
            left -= self.head().amount.get();
            if self.is_single() {
                let head = self.head();
                head.time.set(head.time.get().saturating_add(period));
            } else {
                let head = self.pop();
                self.give_back(Share { time: head.time.saturating_add(period), ..head });
            }
        }
        if left > 0 {
            let head = self.head();
            let comes_back = Share { time: head.time.get().saturating_add(period), amount: left };
            head.amount.set(head.amount.get() - left);
            head.time.set(head.time.get().saturating_add(left));
            self.give_back(comes_back);
        }
        while self.head().amount.get() < min_budget && !self.is_single() {
            // Together they end no later than the second would have.
            let small = self.pop();
            let head = self.head();
            head.amount.set(head.amount.get() + small.amount);
            head.time.set(head.time.get().saturating_sub(small.amount));
        }
    }

    /// Charges used time to the slice of a round-robin context.
    pub(crate) fn charge_slice(self, used: Ticks) {
        let (head, tail) = (self.head(), self.tail());
        let used = used.min(head.amount.get());
        head.amount.set(head.amount.get() - used);
        tail.amount.set(tail.amount.get() + used);
    }

    /// The rules at the top of the file.
    pub(crate) fn check_refills(self) {
        let count = self.refill_count.get();
        assert!(count > 0 && count <= self.refill_max.get());
        if self.is_round_robin() {
            assert_eq!(count, 2);
            return;
        }
        assert!(self.head().amount.get() > 0);
        let share = |n| share_of(self.ring(n));
        for n in 1..count {
            assert!(share(n - 1).end() <= share(n).time, "refills {} and {n} of {count} overlap", n - 1);
        }
    }

    /// Makes the slice of a round-robin context whole.
    pub(crate) fn renew_slice(self) {
        let (head, tail) = (self.head(), self.tail());
        head.amount.set(head.amount.get() + tail.amount.replace(0));
    }
}

impl Kernel {
    /// The head refill can be used now. Its amount always suffices.
    #[inline(always)]
    pub(crate) fn has_budget(&self, sc: Ref<SchedContext>) -> bool {
        sc.head().time.get() <= self.cpu.now.get()
    }

    /// The head refill outlasts `used` and one more kernel entry.
    #[inline(always)]
    pub(crate) fn outlasts(&self, sc: Ref<SchedContext>, used: Ticks) -> bool {
        sc.head().amount.get() >= used.saturating_add(self.cpu.min_budget.get())
    }

    /// A thread wakes up: its time counts from now, and what has come back meanwhile is one refill.
    pub(crate) fn refill_unblock(&self, sc: Ref<SchedContext>) {
        if !sc.is_round_robin() && self.has_budget(sc) {
            sc.merge_from(self.cpu.now.get());
            self.cpu.reprogram.set(true);
        }
    }
}
