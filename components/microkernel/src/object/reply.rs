// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reply objects: who waits for a reply, and whose scheduling context goes back with it.
//!
//! Calls that donated a scheduling context form its *call stack*: a list of reply objects, the latest first.

use crate::config::has;
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Tcb, ThreadState};
use crate::object::vcpu::Injected;
use core::cell::Cell;
use lazaret_abi::Switch;
use lazaret_abi::fault_context::{self, ReplyKind};
use sel4_abi::message_info::MessageInfo;

/// A reply object; a link of a call stack when its call donated a scheduling context.
#[repr(C)]
pub struct Reply {
    /// The thread that waits for the reply, or that waits in a receive with this object.
    pub tcb: Cell<Option<Ref<Tcb>>>,
    /// The call before this one in the stack.
    pub previous: Cell<Option<Ref<Reply>>>,
    /// The call after this one in the stack.
    pub next: Cell<Option<Ref<Reply>>>,
    /// The scheduling context whose stack this is the head of.
    pub head_of: Cell<Option<Ref<SchedContext>>>,
}

const _: () = assert!(size_of::<Reply>() == 1 << sel4_abi::object::REPLY_BITS);

impl Kernel {
    /// Parts a reply object and its thread, which becomes inactive.
    #[inline]
    pub(crate) fn unlink_reply(&self, reply: Ref<Reply>, thread: Ref<Tcb>) {
        debug_assert!(reply.tcb.get() == Some(thread));
        reply.tcb.set(None);
        thread.reply.set(None);
        self.set_state(thread, ThreadState::Inactive);
    }

    /// `caller` waits for a reply through `reply`; `callee` gets its scheduling context if it has none.
    #[inline]
    pub(crate) fn push_reply(&self, caller: Ref<Tcb>, callee: Ref<Tcb>, reply: Ref<Reply>, donate: bool) {
        reply.tcb.set(Some(caller));
        caller.reply.set(Some(reply));
        self.set_state(caller, ThreadState::BlockedOnReply);
        if donate
            && callee.sched_context.get().is_none()
            && let Some(sc) = caller.sched_context.get()
        {
            let before = sc.reply.replace(Some(reply));
            if let Some(before) = before {
                before.head_of.set(None);
                before.next.set(Some(reply));
            }
            reply.previous.set(before);
            reply.head_of.set(Some(sc));
            self.donate(sc, callee);
        }
    }

    /// Takes a reply object out of its stack and parts it from its thread; the scheduling context goes back if
    /// this was the latest call.
    #[inline]
    pub(crate) fn remove_reply(&self, reply: Ref<Reply>, thread: Ref<Tcb>) {
        let (previous, next) = (reply.previous.take(), reply.next.take());
        if let Some(sc) = reply.head_of.take() {
            sc.reply.set(previous);
            if let Some(previous) = previous {
                previous.next.set(None);
                previous.head_of.set(Some(sc));
            }
            // A thread that was given another one meanwhile keeps that.
            if thread.sched_context.get().is_none() {
                self.donate(sc, thread);
            }
        } else {
            if let Some(next) = next {
                next.previous.set(None);
            }
            if let Some(previous) = previous {
                previous.next.set(None);
            }
        }
        self.unlink_reply(reply, thread);
    }

    /// The thread no longer waits for its reply. The scheduling context stays where it is; the stack is cut.
    pub(crate) fn abandon_reply(&self, reply: Ref<Reply>, thread: Ref<Tcb>) {
        if let Some(sc) = reply.head_of.take() {
            self.unbind_reply(sc);
        }
        if let Some(next) = reply.next.take() {
            next.previous.set(None);
        }
        if let Some(previous) = reply.previous.take() {
            previous.next.set(None);
        }
        self.unlink_reply(reply, thread);
    }

    /// The reply object goes.
    pub(crate) fn finalise_reply(&self, reply: Ref<Reply>) {
        if let Some(thread) = reply.tcb.get() {
            match thread.state.get() {
                ThreadState::BlockedOnReply => self.remove_reply(reply, thread),
                _ => self.cancel_ipc(thread),
            }
        }
        // A stack that was cut here has no more links; one whose caller left may.
        if let Some(sc) = reply.head_of.take() {
            self.unbind_reply(sc);
        }
    }

    /// Replies with the message of `sender`, the current thread. Without a caller nothing happens.
    #[inline]
    pub(crate) fn reply_to(&self, sender: Ref<Tcb>, reply: Ref<Reply>, grant: bool) {
        let Some(receiver) = reply.tcb.get() else { return };
        if receiver.state.get() != ThreadState::BlockedOnReply {
            return;
        }
        self.remove_reply(reply, receiver);
        self.unblock_sporadic(receiver);
        let was_timeout = receiver.fault.get().is_timeout();
        if receiver.fault.get().is_none() {
            self.transfer(sender, None, 0, grant, receiver);
            self.set_state(receiver, ThreadState::Running);
        } else {
            let kind = self.take_fault_reply(receiver.fault.get(), sender, receiver);
            receiver.vcpu.get().inspect(|&vcpu| self.mind_alarm(vcpu));
            receiver.fault.set(crate::fault::Fault::None);
            let label = MessageInfo(sender.context.x[1].get()).label();
            if has(Switch::ReplyInjection) && fault_context::has_injection(label) {
                return self.end_with_injection(label, kind, receiver, was_timeout);
            }
            match kind {
                ReplyKind::Resume => self.set_state(receiver, ThreadState::Restart),
                ReplyKind::Stop => {}
                ReplyKind::Wait => self.await_timer(receiver),
            }
        }
        self.run_or_wait(receiver, was_timeout);
    }

    /// The end of a reply that also injects an interrupt. Refused, it is the guest's next fault, at once: the reply cannot be
    /// refused, and the interrupt must not be lost.
    #[cold]
    #[inline(never)]
    fn end_with_injection(&self, label: u64, kind: ReplyKind, guest: Ref<Tcb>, was_timeout: bool) {
        match (self.take_injection(label, guest), kind) {
            (Injected::Refused(word), _) => return self.fault(guest, Fault::VgicMaintenance(word)),
            (_, ReplyKind::Resume) | (Injected::Put, ReplyKind::Wait) => self.set_state(guest, ThreadState::Restart),
            (_, ReplyKind::Wait) => self.await_timer(guest),
            (_, ReplyKind::Stop) => {}
        }
        self.run_or_wait(guest, was_timeout);
    }

    /// A thread that got its reply runs if its scheduling context has budget; if not, its handler hears of it.
    #[inline]
    fn run_or_wait(&self, thread: Ref<Tcb>, was_timeout: bool) {
        let Some(sc) = thread.sched_context.get() else { return };
        if !thread.is_runnable() {
            return;
        }
        if self.has_budget(sc) {
            self.possible_switch_to(thread);
        } else if !thread.timeout_endpoint.is_empty() && !was_timeout {
            self.send_timeout(thread, crate::fault::Fault::Timeout { badge: sc.badge.get() });
        } else {
            self.postpone(sc);
        }
    }
}
