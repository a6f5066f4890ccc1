// SPDX-License-Identifier: MIT OR Apache-2.0
//! Notifications: a word of flags that threads wait for.

use crate::kernel::Kernel;
use crate::object::queue::{dequeue, enqueue};
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Tcb, ThreadState};
use crate::object::vcpu::{self, Vcpu};
use core::cell::Cell;

/// Whether signals have come that nobody took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum NotificationState {
    /// No signal, nobody waits.
    #[default]
    Idle = 0,
    /// Threads wait.
    Waiting,
    /// Signals wait; their badges are in `badge`.
    Active,
}

/// A notification object.
#[repr(C)]
pub struct Notification {
    /// The first waiting thread.
    pub head: Cell<Option<Ref<Tcb>>>,
    /// The last waiting thread.
    pub tail: Cell<Option<Ref<Tcb>>>,
    /// The OR of the badges signalled while nobody waited.
    pub badge: Cell<u64>,
    /// The thread that receives signals while it waits on an endpoint.
    pub bound_tcb: Cell<Option<Ref<Tcb>>>,
    /// A scheduling context that a passive thread borrows when it is woken.
    pub sched_context: Cell<Option<Ref<SchedContext>>>,
    /// State.
    pub state: Cell<NotificationState>,
    /// The vCPU that a signal interrupts.
    pub bound_vcpu: Cell<Option<Ref<Vcpu>>>,
    reserved: Cell<u64>,
}

impl Notification {
    /// Nobody waits for it, and neither a thread nor a vCPU is bound to it.
    pub fn can_be_bound(&self) -> bool {
        self.head.get().is_none() && self.bound_tcb.get().is_none() && self.bound_vcpu.get().is_none()
    }

    /// A thread may wait for it or poll it: it is not somebody else's.
    #[inline(always)]
    pub fn is_open_to(&self, thread: Ref<Tcb>) -> bool {
        match self.bound_tcb.get() {
            None => self.bound_vcpu.get().is_none(),
            Some(bound) => bound == thread,
        }
    }
}

const _: () = assert!(size_of::<Notification>() == 1 << sel4_abi::object::NOTIFICATION_BITS);

impl Kernel {
    /// Signals: wakes a thread, or keeps the badge for the next that asks.
    #[inline]
    pub(crate) fn signal(&self, notification: Ref<Notification>, badge: u64) {
        match notification.bound_vcpu.get() {
            None => self.signal_threads(notification, badge),
            Some(vcpu) => self.interrupt_bound(notification, vcpu, badge),
        }
    }

    #[inline(always)]
    fn signal_threads(&self, notification: Ref<Notification>, badge: u64) {
        match notification.state.get() {
            NotificationState::Active => notification.badge.set(notification.badge.get() | badge),
            NotificationState::Waiting => {
                if let Some(thread) = notification.head.get() {
                    self.unqueue(notification, thread);
                    self.wake_with_signal(notification, thread, badge);
                }
            }
            NotificationState::Idle => match notification.bound_tcb.get() {
                Some(thread) if thread.state.get() == ThreadState::BlockedOnReceive => {
                    self.cancel_ipc(thread);
                    self.wake_with_signal(notification, thread, badge);
                }
                _ => {
                    notification.badge.set(badge);
                    notification.state.set(NotificationState::Active);
                }
            },
        }
    }

    /// A signal that is an interrupt, once the vCPU's list register has room for it.
    #[cold]
    #[inline(never)]
    fn interrupt_bound(&self, notification: Ref<Notification>, vcpu: Ref<Vcpu>, badge: u64) {
        let was_kept = notification.state.get() == NotificationState::Active;
        notification.badge.set(if was_kept { notification.badge.get() | badge } else { badge });
        let is_put = self.inject_bound(vcpu);
        notification.state.set(if is_put { NotificationState::Idle } else { NotificationState::Active });
    }

    fn wake_with_signal(&self, notification: Ref<Notification>, thread: Ref<Tcb>, badge: u64) {
        thread.context.x[0].set(badge);
        self.set_state(thread, ThreadState::Running);
        self.lend(notification, thread);
        self.unblock_sporadic(thread);
        self.possible_switch_to(thread);
    }

    /// Waits for signals, or takes those that came.
    pub(crate) fn wait(&self, thread: Ref<Tcb>, notification: Ref<Notification>, blocking: bool) {
        if notification.state.get() == NotificationState::Active {
            thread.context.x[0].set(notification.badge.get());
            notification.state.set(NotificationState::Idle);
            self.lend(notification, thread);
            self.unblock_sporadic(thread);
        } else if blocking {
            thread.blocking_notification.set(Some(notification));
            self.set_state(thread, ThreadState::BlockedOnNotification);
            enqueue(&notification.head, &notification.tail, thread);
            notification.state.set(NotificationState::Waiting);
            self.return_lent(notification, thread);
        } else {
            thread.context.x[0].set(0);
        }
    }

    /// Takes the signals of the notification bound to a thread that is about to receive; false if there are none.
    pub(crate) fn take_bound_signal(&self, notification: Ref<Notification>, thread: Ref<Tcb>) -> bool {
        let active = notification.state.get() == NotificationState::Active;
        if active {
            self.wait(thread, notification, false);
        }
        active
    }

    /// A woken thread without a scheduling context borrows the notification's.
    fn lend(&self, notification: Ref<Notification>, thread: Ref<Tcb>) {
        if thread.sched_context.get().is_none()
            && let Some(sc) = notification.sched_context.get()
            && sc.tcb.get().is_none()
        {
            self.donate(sc, thread);
            self.resume_sc(sc);
        }
    }

    /// A thread that waits again gives back what it borrowed.
    #[inline]
    pub(crate) fn return_lent(&self, notification: Ref<Notification>, thread: Ref<Tcb>) {
        if let Some(sc) = notification.sched_context.get()
            && thread.sched_context.get() == Some(sc)
        {
            self.unbind_thread(sc);
        }
    }

    fn unqueue(&self, notification: Ref<Notification>, thread: Ref<Tcb>) {
        dequeue(&notification.head, &notification.tail, thread);
        thread.blocking_notification.set(None);
        if notification.head.get().is_none() {
            notification.state.set(NotificationState::Idle);
        }
    }

    /// A thread stops waiting for signals; its state is the caller's to set.
    pub(crate) fn cancel_signal(&self, thread: Ref<Tcb>) {
        if let Some(notification) = thread.blocking_notification.get() {
            self.unqueue(notification, thread);
        }
    }

    /// Binds a notification to a thread; neither is bound.
    pub(crate) fn bind_notification(&self, thread: Ref<Tcb>, notification: Ref<Notification>) {
        notification.bound_tcb.set(Some(thread));
        thread.bound_notification.set(Some(notification));
    }

    /// Undoes [`bind_notification`](Self::bind_notification).
    pub(crate) fn unbind_notification(&self, thread: Ref<Tcb>) {
        if let Some(notification) = thread.bound_notification.take() {
            notification.bound_tcb.set(None);
        }
    }

    /// The notification goes: who waits starts the call again, and fails then.
    pub(crate) fn finalise_notification(&self, notification: Ref<Notification>) {
        if let Some(sc) = notification.sched_context.get() {
            self.unbind_sc_notification(sc);
        }
        if let Some(thread) = notification.bound_tcb.get() {
            self.unbind_notification(thread);
        }
        if let Some(vcpu) = notification.bound_vcpu.get() {
            vcpu::unbind_notification(vcpu);
        }
        while let Some(thread) = notification.head.get() {
            self.unqueue(notification, thread);
            self.wake(thread, ThreadState::Restart);
        }
        self.reschedule();
    }
}
