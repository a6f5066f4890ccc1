// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduling: fixed priorities over threads that hold a scheduling context with budget.

pub mod budget;
pub mod ready;
pub mod refill;
pub mod release;
pub mod turn;

use crate::arch::ThreadSwitch;
use crate::cpu::Choice;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};

impl Tcb {
    /// Would run if it had time.
    #[inline(always)]
    pub fn is_runnable(&self) -> bool {
        matches!(self.state.get(), ThreadState::Running | ThreadState::Restart)
    }

    /// Waits for somebody.
    pub fn is_blocked(&self) -> bool {
        !self.is_runnable() && self.state.get() != ThreadState::Inactive
    }
}

impl Kernel {
    /// Can be chosen.
    #[inline(always)]
    pub(crate) fn is_schedulable(&self, thread: Ref<Tcb>) -> bool {
        thread.is_runnable()
            && !thread.in_release_queue.get()
            && thread.sched_context.get().is_some_and(|sc| sc.is_active())
    }

    /// Sets the state. That the current thread cannot run on is seen when the kernel is left.
    #[inline(always)]
    pub(crate) fn set_state(&self, thread: Ref<Tcb>, state: ThreadState) {
        thread.state.set(state);
    }

    /// The scheduler has to look at all queues.
    #[inline]
    pub(crate) fn reschedule(&self) {
        if let Choice::Switch(candidate) = self.cpu.choice.replace(Choice::New)
            && self.is_schedulable(candidate)
        {
            self.cpu.ready.push_front(candidate);
        }
    }

    /// This thread is the scheduler's candidate so far.
    #[inline(always)]
    pub(crate) fn is_candidate(&self, thread: Ref<Tcb>) -> bool {
        self.cpu.choice.get() == Choice::Switch(thread)
    }

    /// A thread became able to run: perhaps it is the next.
    ///
    /// The first such thread of an entry is not queued, for it is often the one to run.
    #[inline]
    pub(crate) fn possible_switch_to(&self, thread: Ref<Tcb>) {
        let Some(sc) = thread.sched_context.get() else { return };
        if !self.is_schedulable(thread) {
            return;
        }
        if !self.has_budget(sc) {
            return self.postpone(sc);
        }
        if sc.take_turn_over() {
            return self.run_last(thread);
        }
        if self.cpu.choice.get() == Choice::Resume && self.cpu.current.get() != Some(thread) {
            self.cpu.choice.set(Choice::Switch(thread));
        } else {
            self.reschedule();
            self.cpu.ready.push_front(thread);
        }
    }

    /// Ends a kernel entry: chooses the thread to resume, settles time, and starts over what has to be.
    #[inline]
    pub(crate) fn leave(&self) {
        self.awaken();
        self.end_due_waits();
        if self.choose() {
            self.choose_others();
        }
    }

    /// As long as whoever was chosen has a fault to tell first: its alarm was due.
    #[cold]
    #[inline(never)]
    fn choose_others(&self) {
        while self.choose() {}
    }

    /// Chooses the thread to resume, and whose time it is. True: it waits for somebody now, and another one has to be chosen.
    #[inline(always)]
    fn choose(&self) -> bool {
        match self.cpu.choice.get() {
            Choice::Resume if self.cpu.current.get().is_none_or(|current| self.is_schedulable(current)) => {}
            Choice::Resume => self.switch_to(self.cpu.ready.highest()),
            Choice::New => self.choose_anew(),
            Choice::Switch(candidate) if self.is_schedulable(candidate) => self.consider(candidate),
            Choice::Switch(_) => self.choose_anew(),
        }
        self.cpu.choice.set(Choice::Resume);
        let is_new = self.switch_sched_context();
        if let Some(thread) = self.cpu.current.get()
            && thread.state.get() == ThreadState::Restart
        {
            thread.context.elr.set(thread.fault_ip.get());
            thread.state.set(ThreadState::Running);
        }
        is_new && self.tells_of_alarm()
    }

    /// The candidate runs if nobody has a higher priority, and the current thread not the same.
    #[inline]
    fn consider(&self, candidate: Ref<Tcb>) {
        let priority = candidate.priority.get();
        let current = self.cpu.current.get().filter(|&current| self.is_schedulable(current));
        if let Some(current) = current {
            self.cpu.ready.push_front(current);
        }
        let equal = current.is_some_and(|current| current.priority.get() == priority);
        if equal {
            self.cpu.ready.push_back(candidate);
        } else if self.cpu.ready.is_highest(priority) {
            return self.switch_to(Some(candidate));
        } else {
            self.cpu.ready.push_front(candidate);
        }
        self.switch_to(self.cpu.ready.highest());
    }

    fn choose_anew(&self) {
        if let Some(current) = self.cpu.current.get()
            && self.is_schedulable(current)
        {
            self.cpu.ready.push_front(current);
        }
        self.switch_to(self.cpu.ready.highest());
    }

    /// The kernel is left to this thread, which is not queued, instead of the current one, which waits. Whose time it
    /// is remains to be said.
    #[inline(always)]
    pub(crate) fn hand_over(&self, thread: Ref<Tcb>) {
        self.cpu.current.set(Some(thread));
        self.cpu.arch.switch_to(self, Some(thread));
    }

    #[inline]
    fn switch_to(&self, thread: Option<Ref<Tcb>>) {
        if let Some(thread) = thread {
            self.cpu.ready.remove(thread);
        }
        if self.cpu.current.replace(thread) != thread {
            self.cpu.arch.switch_to(self, thread);
        }
    }
}
