// SPDX-License-Identifier: MIT OR Apache-2.0
//! Threads and scheduling contexts: what one says of the other, the other says of it.

use crate::arch::Identity;
use crate::arch::modes;
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Tcb, ThreadState};

/// A thread.
pub fn check(kernel: &Kernel, thread: Ref<Tcb>, is_alive: &dyn Fn(u64) -> bool) {
    let alive = |addr: u64| assert!(is_alive(addr), "{addr:x} is gone, {thread:?} still has it");
    if let Some(sc) = thread.sched_context.get() {
        alive(sc.addr());
        assert_eq!(sc.tcb.get(), Some(thread));
    }
    if let Some(notification) = thread.bound_notification.get() {
        alive(notification.addr());
        assert_eq!(notification.bound_tcb.get(), Some(thread));
    }
    if let Some(vcpu) = thread.vcpu.get() {
        alive(vcpu.addr());
        assert_eq!(vcpu.tcb.get(), Some(thread));
    }
    if let Some(reply) = thread.reply.get() {
        alive(reply.addr());
        assert_eq!(reply.tcb.get(), Some(thread), "{:?}", thread.state.get());
    }
    check_mode(kernel, thread);
    check_state(kernel, thread, &alive);
}

/// A return to a mode that the width does not have would stay at EL2.
fn check_mode(kernel: &Kernel, thread: Ref<Tcb>) {
    let mode = thread.context.spsr.get() & 0x1f;
    let legal = match thread.vcpu.get() {
        Some(vcpu) if vcpu.is_aarch32() => modes::AARCH32,
        Some(_) => modes::of_aarch64(kernel.cpu.arch.aarch32_levels()),
        None => 1,
    };
    assert!(legal >> mode & 1 != 0, "{thread:?} returns to mode {mode:#x}");
}

fn check_state(kernel: &Kernel, thread: Ref<Tcb>, alive: &dyn Fn(u64)) {
    let state = thread.state.get();
    match state {
        ThreadState::BlockedOnReply => assert!(thread.reply.get().is_some()),
        ThreadState::BlockedOnSend | ThreadState::BlockedOnReceive => {
            let endpoint = thread.blocking_endpoint.get();
            endpoint.iter().for_each(|endpoint| alive(endpoint.addr()));
            check_queue(thread, endpoint.and_then(|endpoint| endpoint.head.get()));
        }
        ThreadState::BlockedOnNotification => {
            let notification = thread.blocking_notification.get();
            notification.iter().for_each(|notification| alive(notification.addr()));
            check_queue(thread, notification.and_then(|notification| notification.head.get()));
        }
        ThreadState::Running | ThreadState::Restart => {
            assert_eq!(thread.fault.get(), Fault::None);
            let waits = thread.queued.get() || thread.in_release_queue.get() || kernel.current() == Some(thread);
            assert_eq!(waits, thread.sched_context.get().is_some_and(|sc| sc.is_active()), "{thread:?} got lost");
        }
        ThreadState::Inactive => {
            assert!(!thread.queued.get() && !thread.in_release_queue.get());
            assert!(thread.reply.get().is_none());
        }
    }
}

/// A queue of threads in one state, in order of priority, in which this one is once.
fn check_queue(thread: Ref<Tcb>, head: Option<Ref<Tcb>>) {
    let (mut before, mut next, mut found): (Option<Ref<Tcb>>, _, _) = (None, head, 0);
    while let Some(waiting) = next {
        assert_eq!(waiting.state.get(), thread.state.get());
        assert_eq!(waiting.queue_previous.get(), before);
        assert!(before.is_none_or(|before| before.priority.get() >= waiting.priority.get()));
        found += u32::from(waiting == thread);
        (before, next) = (Some(waiting), waiting.queue_next.get());
    }
    assert_eq!(found, 1, "{thread:?} is {found} times where it waits");
}

/// A scheduling context: whom it pays for, and the calls that it was passed on in.
pub fn check_sched_context(sc: Ref<SchedContext>, is_alive: &dyn Fn(u64) -> bool) {
    let alive = |addr: u64| assert!(is_alive(addr), "{addr:x} is gone, {sc:?} still has it");
    if let Some(thread) = sc.tcb.get() {
        alive(thread.addr());
        assert_eq!(thread.sched_context.get(), Some(sc));
    }
    if let Some(notification) = sc.notification.get() {
        alive(notification.addr());
        assert_eq!(notification.sched_context.get(), Some(sc));
    }
    if let Some(reply) = sc.reply.get() {
        assert_eq!(reply.head_of.get(), Some(sc));
        let (mut next, mut after) = (Some(reply), None);
        while let Some(reply) = next {
            alive(reply.addr());
            assert_eq!(reply.next.get(), after);
            assert_eq!(reply.tcb.get().map(|tcb| tcb.state.get()), Some(ThreadState::BlockedOnReply));
            (after, next) = (Some(reply), reply.previous.get());
        }
    }
    let runs = sc.tcb.get().is_some_and(|thread| thread.is_runnable());
    assert!(!sc.turn_over.get() || sc.is_lent() || !runs, "{sc:?} is at home, and its turn has not ended");
    if sc.is_active() {
        sc.check_refills();
    }
}
