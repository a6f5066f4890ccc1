// SPDX-License-Identifier: MIT OR Apache-2.0
//! No fault stays open across a wait (T7): a monitor that runs on the time of its guest's fault answers, even if only by
//! leaving the guest stopped, before it receives again. It would keep that time asleep, and another exit would be paid from it.

use crate::config::CHECK_INVARIANTS;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::tcb::Tcb;

/// The guest whose fault a thread leaves open: it is about to receive with this reply object, on the time that came with
/// the fault. To look whether there is something, with another reply object, is no wait.
pub(crate) fn left_open(thread: Ref<Tcb>, reply: Option<Ref<Reply>>, blocking: bool) -> Option<Ref<Tcb>> {
    let latest = thread.sched_context.get()?.reply.get()?;
    let guest = latest.tcb.get()?;
    let is_open = guest.vcpu.get().is_some() && !guest.fault.get().is_none();
    (is_open && (blocking || reply == Some(latest))).then_some(guest)
}

/// Due before the current thread receives.
#[inline(always)]
pub(crate) fn before_receive(thread: Ref<Tcb>, reply: Option<Ref<Reply>>, blocking: bool) {
    if CHECK_INVARIANTS {
        let guest = left_open(thread, reply, blocking);
        assert!(guest.is_none(), "{thread:?} waits on the time of {guest:?}, whose fault is open");
    }
}
