// SPDX-License-Identifier: MIT OR Apache-2.0
//! Queues of threads that wait on an object: by priority, then by age.

use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use core::cell::Cell;

type Link = Cell<Option<Ref<Tcb>>>;

/// Puts a thread behind all of its priority or of a higher one.
pub(crate) fn enqueue(head: &Link, tail: &Link, thread: Ref<Tcb>) {
    let priority = thread.priority.get();
    let (mut before, mut after) = (tail.get(), None);
    while let Some(other) = before
        && other.priority.get() < priority
    {
        after = before;
        before = other.queue_previous.get();
    }
    thread.queue_previous.set(before);
    thread.queue_next.set(after);
    match before {
        Some(before) => before.queue_next.set(Some(thread)),
        None => head.set(Some(thread)),
    }
    match after {
        Some(after) => after.queue_previous.set(Some(thread)),
        None => tail.set(Some(thread)),
    }
}

/// Takes a thread out of the queue that it is in.
#[inline]
pub(crate) fn dequeue(head: &Link, tail: &Link, thread: Ref<Tcb>) {
    let (previous, next) = (thread.queue_previous.take(), thread.queue_next.take());
    match previous {
        Some(previous) => previous.queue_next.set(next),
        None => head.set(next),
    }
    match next {
        Some(next) => next.queue_previous.set(previous),
        None => tail.set(previous),
    }
}
