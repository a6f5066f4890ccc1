// SPDX-License-Identifier: MIT OR Apache-2.0
//! The release queue: threads that wait for their next refill, in order of time.

use crate::arch::Ticks;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;

fn release_time(thread: Ref<Tcb>) -> Ticks {
    thread.sched_context.get().map_or(0, |sc| sc.head().time.get())
}

impl Kernel {
    /// The thread of a scheduling context waits for its refill.
    pub(crate) fn postpone(&self, sc: Ref<SchedContext>) {
        let Some(thread) = sc.tcb.get() else { return };
        self.cpu.ready.remove(thread);
        if thread.in_release_queue.replace(true) {
            return;
        }
        self.cpu.reprogram.set(true);
        let time = release_time(thread);
        let (mut before, mut after) = (None, self.cpu.release_head.get());
        while let Some(other) = after
            && release_time(other) <= time
        {
            before = after;
            after = other.sched_next.get();
        }
        thread.sched_previous.set(before);
        thread.sched_next.set(after);
        match before {
            Some(before) => before.sched_next.set(Some(thread)),
            None => self.cpu.release_head.set(Some(thread)),
        }
        if let Some(after) = after {
            after.sched_previous.set(Some(thread));
        }
    }

    /// Takes a thread out, if it is in.
    #[inline]
    pub(crate) fn release_remove(&self, thread: Ref<Tcb>) {
        if !thread.in_release_queue.replace(false) {
            return;
        }
        let (previous, next) = (thread.sched_previous.take(), thread.sched_next.take());
        match previous {
            Some(previous) => previous.sched_next.set(next),
            None => {
                self.cpu.release_head.set(next);
                self.cpu.reprogram.set(true);
            }
        }
        if let Some(next) = next {
            next.sched_previous.set(previous);
        }
    }

    /// Somebody's refill has come.
    #[inline(always)]
    pub(crate) fn release_is_due(&self) -> bool {
        self.cpu.release_head.get().is_some_and(|thread| release_time(thread) <= self.cpu.now.get())
    }

    /// Wakes all whose refill has come.
    #[inline(always)]
    pub(crate) fn awaken(&self) {
        while let Some(thread) = self.cpu.release_head.get()
            && release_time(thread) <= self.cpu.now.get()
        {
            self.release_remove(thread);
            self.possible_switch_to(thread);
        }
    }
}
