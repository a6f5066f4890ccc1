// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ready queues: one per priority, and a bitmap to find the highest in two steps.

use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use core::cell::Cell;
use sel4_abi::NUM_PRIORITIES;

#[derive(Default)]
struct Queue {
    head: Cell<Option<Ref<Tcb>>>,
    tail: Cell<Option<Ref<Tcb>>>,
}

/// Threads that can run, except the current one.
pub struct ReadyQueues {
    queues: [Queue; NUM_PRIORITIES],
    words: [Cell<u64>; NUM_PRIORITIES / 64],
    /// Bit n: `words[n]` is not 0.
    summary: Cell<u8>,
}

impl ReadyQueues {
    pub(crate) const fn new() -> Self {
        Self {
            queues: [const { Queue { head: Cell::new(None), tail: Cell::new(None) } }; NUM_PRIORITIES],
            words: [const { Cell::new(0) }; NUM_PRIORITIES / 64],
            summary: Cell::new(0),
        }
    }

    /// The first thread of the highest priority.
    #[inline(always)]
    pub fn highest(&self) -> Option<Ref<Tcb>> {
        let summary = self.summary.get();
        if summary == 0 {
            return None;
        }
        let word = (7 - summary.leading_zeros()) as usize & 3;
        let bit = 63 - self.words[word].get().leading_zeros() as usize;
        self.queues[word * 64 + (bit & 63)].head.get()
    }

    /// No ready thread has a higher priority.
    #[inline(always)]
    pub fn is_highest(&self, priority: u8) -> bool {
        self.highest().is_none_or(|thread| priority >= thread.priority.get())
    }

    /// First of its priority.
    pub fn push_front(&self, thread: Ref<Tcb>) {
        if thread.queued.replace(true) {
            return;
        }
        let queue = self.mark(thread.priority.get());
        let first = queue.head.replace(Some(thread));
        thread.sched_previous.set(None);
        thread.sched_next.set(first);
        match first {
            Some(first) => first.sched_previous.set(Some(thread)),
            None => queue.tail.set(Some(thread)),
        }
    }

    /// Last of its priority.
    pub fn push_back(&self, thread: Ref<Tcb>) {
        if thread.queued.replace(true) {
            return;
        }
        let queue = self.mark(thread.priority.get());
        let last = queue.tail.replace(Some(thread));
        thread.sched_next.set(None);
        thread.sched_previous.set(last);
        match last {
            Some(last) => last.sched_next.set(Some(thread)),
            None => queue.head.set(Some(thread)),
        }
    }

    /// Takes a thread out, if it is in.
    #[inline]
    pub fn remove(&self, thread: Ref<Tcb>) {
        if !thread.queued.replace(false) {
            return;
        }
        let priority = thread.priority.get() as usize;
        let queue = &self.queues[priority];
        let (previous, next) = (thread.sched_previous.take(), thread.sched_next.take());
        match previous {
            Some(previous) => previous.sched_next.set(next),
            None => queue.head.set(next),
        }
        match next {
            Some(next) => next.sched_previous.set(previous),
            None => queue.tail.set(previous),
        }
        if queue.head.get().is_none() {
            let word = &self.words[priority / 64];
            word.set(word.get() & !(1 << (priority % 64)));
            if word.get() == 0 {
                self.summary.set(self.summary.get() & !(1 << (priority / 64)));
            }
        }
    }

    fn mark(&self, priority: u8) -> &Queue {
        let priority = priority as usize;
        let word = &self.words[priority / 64];
        word.set(word.get() | 1 << (priority % 64));
        self.summary.set(self.summary.get() | 1 << (priority / 64));
        &self.queues[priority]
    }

    /// Visits all threads; panics unless queues and bitmap agree (`invariants`).
    pub(crate) fn check(&self, mut visit: impl FnMut(Ref<Tcb>)) {
        for (priority, queue) in self.queues.iter().enumerate() {
            let marked = self.words[priority / 64].get() >> (priority % 64) & 1 != 0;
            assert_eq!(marked, queue.head.get().is_some());
            let (mut next, mut before) = (queue.head.get(), None);
            while let Some(thread) = next {
                assert_eq!((thread.sched_previous.get(), thread.priority.get() as usize), (before, priority));
                visit(thread);
                (before, next) = (Some(thread), thread.sched_next.get());
            }
            assert_eq!(queue.tail.get(), before);
        }
        for (number, word) in self.words.iter().enumerate() {
            assert_eq!(self.summary.get() >> number & 1 != 0, word.get() != 0);
        }
    }
}
