// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scheduling contexts: processor time as an object.

use crate::arch::Ticks;
use crate::object::notification::Notification;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::tcb::Tcb;
use core::cell::Cell;

/// Processor time that can be used from some moment on.
#[repr(C)]
pub struct Refill {
    /// From when.
    pub time: Cell<Ticks>,
    /// How much.
    pub amount: Cell<Ticks>,
}

/// A scheduling context. The refills, a ring, follow it in memory.
#[repr(C)]
pub struct SchedContext {
    /// 0 for round robin, where the budget is the time slice.
    pub period: Cell<Ticks>,
    /// Time used since somebody asked.
    pub consumed: Cell<Ticks>,
    /// The thread that runs on it.
    pub tcb: Cell<Option<Ref<Tcb>>>,
    /// Top of the stack of calls that it was donated along.
    pub reply: Cell<Option<Ref<Reply>>>,
    /// The notification that lends it.
    pub notification: Cell<Option<Ref<Notification>>>,
    /// The word in timeout faults.
    pub badge: Cell<u64>,
    /// The thread that yielded to this one.
    pub yield_from: Cell<Option<Ref<Tcb>>>,
    /// Refills in use at most; 0 until configured.
    pub refill_max: Cell<u16>,
    /// Index of the head refill.
    pub refill_head: Cell<u16>,
    /// Refills in the ring.
    pub refill_count: Cell<u16>,
    /// Budget is replenished a period after its use instead of after its release.
    pub sporadic: Cell<bool>,
    reserved: [Cell<u64>; 4],
}

const _: () = {
    assert!(size_of::<Refill>() == sel4_sys::object::REFILL_BYTES);
    assert!(size_of::<SchedContext>() + 2 * size_of::<Refill>() == 1 << sel4_sys::object::MIN_SCHED_CONTEXT_BITS);
};
