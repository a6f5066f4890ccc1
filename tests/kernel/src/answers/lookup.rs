// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which capability is invoked.

use sel4::sys::invocation::Invocation::*;

use crate::{answer::ask, answers};

answers! { "lookup", e;
    empty_slot: { let slot = e.fresh(); ask(slot, TcbResume, &[], &[]) } => InvalidCapability[0];
    null: ask(0, TcbResume, &[], &[]) => InvalidCapability[0];
    extra_capability_of_an_empty_slot: {
        let (tcb, slot) = (e.tcb(), e.fresh());
        ask(tcb, TcbSetTimeoutEndpoint, &[], &[slot])
    } => Success;
    deleted_thread: { let tcb = e.tcb(); e.delete(tcb); ask(tcb, TcbResume, &[], &[]) } => InvalidCapability[0];
    revoked_thread: { let tcb = e.tcb(); e.revoke(); ask(tcb, TcbResume, &[], &[]) } => InvalidCapability[0];
    call_of_an_idle_reply_object: { let reply = e.reply(); ask(reply, TcbResume, &[1, 2], &[]) } => Success;
    call_of_a_notification: { let other = e.notification(); ask(other, TcbResume, &[1, 2], &[]) } => Success;
}
