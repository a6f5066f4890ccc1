// SPDX-License-Identifier: MIT OR Apache-2.0
//! Notifications: a word of flags that threads wait for.

use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;
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
    reserved: [Cell<u64>; 2],
}

const _: () = assert!(size_of::<Notification>() == 1 << sel4_sys::object::NOTIFICATION_BITS);
