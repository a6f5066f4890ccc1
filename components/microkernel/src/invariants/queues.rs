// SPDX-License-Identifier: MIT OR Apache-2.0
//! The scheduler: its queues hold exactly those that say so, and the current thread is the right one.

use super::Path;
use crate::cpu::Choice;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};

/// Threads that say that they are in a queue.
#[derive(Default)]
pub struct Counts {
    ready: usize,
    released: usize,
}

impl Counts {
    /// One more thread.
    pub fn add(&mut self, thread: Ref<Tcb>) {
        self.ready += usize::from(thread.queued.get());
        self.released += usize::from(thread.in_release_queue.get());
    }
}

/// Everything; `counts` is of all threads.
pub fn check(kernel: &Kernel, path: Path, counts: &Counts) {
    assert_eq!(kernel.cpu.choice.get(), Choice::Resume);
    let mut ready = 0;
    kernel.cpu.ready.check(|thread| {
        assert!(thread.queued.get() && kernel.is_schedulable(thread));
        assert!(thread.sched_context.get().is_some_and(|sc| kernel.has_budget(sc)));
        ready += 1;
    });
    assert_eq!(ready, counts.ready, "the ready queues have lost a thread");
    assert_eq!(check_release_queue(kernel, path), counts.released, "the release queue has lost a thread");
    check_waiting(kernel);
    check_current(kernel);
}

/// Those without budget, by the time when they have some again; how many there are.
fn check_release_queue(kernel: &Kernel, path: Path) -> usize {
    let (mut next, mut before, mut count) = (kernel.cpu.release_head.get(), None, 0);
    let time = |thread: Ref<Tcb>| thread.sched_context.get().map_or(0, |sc| sc.head().time.get());
    while let Some(thread) = next {
        assert!(thread.in_release_queue.get() && !thread.queued.get());
        assert_eq!(thread.sched_previous.get(), before);
        assert!(before.is_none_or(|before| time(before) <= time(thread)));
        assert!(path == Path::Fast || time(thread) > kernel.cpu.now.get(), "{thread:?} is released too late");
        (before, next, count) = (Some(thread), thread.sched_next.get(), count + 1);
    }
    count
}

/// vCPUs that wait for their timer, and those with an alarm.
fn check_waiting(kernel: &Kernel) {
    let (mut next, mut before) = (kernel.cpu.waiting.get(), None);
    while let Some(vcpu) = next {
        let (wait, state) = (&vcpu.timer_wait, vcpu.tcb.get().map(|thread| thread.state.get()));
        assert!(state == Some(ThreadState::Inactive) || !wait.waits.get(), "a vCPU that runs waits");
        assert!(wait.listed.get() && wait.previous.get() == before);
        assert!(wait.alarm.get() == wait.due.get() || wait.waits.get() && wait.timer.get() == wait.due.get());
        assert!(before.is_none_or(|before| before.timer_wait.due.get() <= vcpu.timer_wait.due.get()));
        (before, next) = (Some(vcpu), vcpu.timer_wait.next.get());
    }
}

fn check_current(kernel: &Kernel) {
    let Some(current) = kernel.current() else {
        assert!(kernel.cpu.ready.highest().is_none(), "idle, and somebody could run");
        return;
    };
    assert!(kernel.is_schedulable(current) && !current.queued.get());
    assert_eq!(current.state.get(), ThreadState::Running);
    assert!(kernel.cpu.ready.is_highest(current.priority.get()));
    let payer = kernel.cpu.current_sc.get();
    if kernel.cpu.on_guest_time.get() {
        // The guest whose trap it handles.
        let guest = payer.and_then(|sc| sc.tcb.get()).filter(|guest| *guest != current && guest.vcpu.get().is_some());
        assert_eq!(guest.map(|guest| guest.state.get()), Some(ThreadState::BlockedOnReply));
    } else {
        assert_eq!(payer, current.sched_context.get());
    }
}
