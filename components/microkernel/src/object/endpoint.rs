// SPDX-License-Identifier: MIT OR Apache-2.0
//! Endpoints: synchronous messages between threads.

use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::queue::{dequeue, enqueue};
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::tcb::{Tcb, ThreadState};
use core::cell::Cell;

/// A queue of threads, all of which send or all of which receive; ordered by priority, then by age.
#[derive(Default)]
#[repr(C)]
pub struct Endpoint {
    /// The next to be served.
    pub head: Cell<Option<Ref<Tcb>>>,
    /// The last of the queue.
    pub tail: Cell<Option<Ref<Tcb>>>,
}

const _: () = assert!(size_of::<Endpoint>() == 1 << sel4_abi::object::ENDPOINT_BITS);

/// How a message is sent.
#[derive(Clone, Copy)]
pub(crate) struct Sending {
    /// Wait for a receiver.
    pub blocking: bool,
    /// Wait for a reply.
    pub call: bool,
    /// Badge of the sender's capability.
    pub badge: u64,
    /// The message may carry capabilities.
    pub grant: bool,
    /// A reply is allowed.
    pub grant_reply: bool,
    /// A receiver without a scheduling context gets the sender's.
    pub donate: bool,
}

impl Endpoint {
    /// The first thread that waits to receive.
    #[inline(always)]
    fn receiver(&self) -> Option<Ref<Tcb>> {
        self.head.get().filter(|thread| thread.state.get() == ThreadState::BlockedOnReceive)
    }

    /// The first thread that waits to send.
    #[inline(always)]
    fn sender(&self) -> Option<Ref<Tcb>> {
        self.head.get().filter(|thread| thread.state.get() == ThreadState::BlockedOnSend)
    }
}

impl Kernel {
    /// Sends the message in the registers and the buffer of a thread, or its fault.
    #[inline]
    pub(crate) fn send(&self, endpoint: Ref<Endpoint>, how: Sending, thread: Ref<Tcb>) {
        let Some(receiver) = endpoint.receiver() else {
            if how.blocking {
                thread.blocking_endpoint.set(Some(endpoint));
                thread.blocking_badge.set(how.badge);
                thread.blocking_grant.set(how.grant);
                thread.blocking_grant_reply.set(how.grant_reply);
                thread.blocking_is_call.set(how.call);
                self.set_state(thread, ThreadState::BlockedOnSend);
                enqueue(&endpoint.head, &endpoint.tail, thread);
            }
            return;
        };
        dequeue(&endpoint.head, &endpoint.tail, receiver);
        self.transfer(thread, Some(endpoint), how.badge, how.grant, receiver);
        let reply = receiver.reply.get();
        if let Some(reply) = reply {
            self.unlink_reply(reply, receiver);
        }
        if how.call || !thread.fault.get().is_none() {
            match reply {
                Some(reply) if how.grant || how.grant_reply => self.push_reply(thread, receiver, reply, how.donate),
                _ => self.set_state(thread, ThreadState::Inactive),
            }
        } else if how.donate
            && receiver.sched_context.get().is_none()
            && let Some(sc) = thread.sched_context.get()
        {
            self.donate(sc, receiver);
        }
        self.wake(receiver, ThreadState::Running);
    }

    /// A thread that waited runs on; its time counts from now if its scheduling context is sporadic.
    #[inline]
    pub(crate) fn wake(&self, thread: Ref<Tcb>, state: ThreadState) {
        self.set_state(thread, state);
        self.unblock_sporadic(thread);
        self.possible_switch_to(thread);
    }

    /// A thread with a sporadic scheduling context, not the current one, starts to use it.
    #[inline]
    pub(crate) fn unblock_sporadic(&self, thread: Ref<Tcb>) {
        if let Some(sc) = thread.sched_context.get()
            && sc.sporadic.get()
            && self.cpu.current_sc.get() != Some(sc)
        {
            self.refill_unblock(sc);
        }
    }

    /// Receives a message, or the signals of the bound notification, for the current thread.
    #[inline]
    pub(crate) fn receive(&self, thread: Ref<Tcb>, endpoint: Ref<Endpoint>, reply: Option<Ref<Reply>>, blocking: bool) {
        if let Some(reply) = reply
            && let Some(other) = reply.tcb.get()
            && other != thread
        {
            // A fault stays known as one that nobody answers.
            let fault = other.fault.get();
            self.cancel_ipc(other);
            other.fault.set(fault);
        }
        if let Some(notification) = thread.bound_notification.get() {
            if self.take_bound_signal(notification, thread) {
                return;
            }
            if blocking {
                self.return_lent(notification, thread);
            }
        }
        match endpoint.sender() {
            Some(sender) => self.receive_from(thread, endpoint, sender, reply),
            None if blocking => {
                thread.blocking_endpoint.set(Some(endpoint));
                thread.reply.set(reply);
                if let Some(reply) = reply {
                    reply.tcb.set(Some(thread));
                }
                self.set_state(thread, ThreadState::BlockedOnReceive);
                enqueue(&endpoint.head, &endpoint.tail, thread);
            }
            None => thread.context.x[0].set(0),
        }
    }

    fn receive_from(&self, thread: Ref<Tcb>, endpoint: Ref<Endpoint>, sender: Ref<Tcb>, reply: Option<Ref<Reply>>) {
        dequeue(&endpoint.head, &endpoint.tail, sender);
        let (grant, grant_reply) = (sender.blocking_grant.get(), sender.blocking_grant_reply.get());
        self.transfer(sender, Some(endpoint), sender.blocking_badge.get(), grant, thread);
        if sender.blocking_is_call.get() || !sender.fault.get().is_none() {
            self.unblock_sporadic(sender);
            match reply {
                Some(reply) if grant || grant_reply => {
                    let donate = !sender.fault.get().is_timeout();
                    self.push_reply(sender, thread, reply, donate);
                }
                _ => self.set_state(sender, ThreadState::Inactive),
            }
        } else {
            self.wake(sender, ThreadState::Running);
        }
    }

    /// Ends whatever IPC a thread waits in: it becomes inactive, without a fault.
    pub(crate) fn cancel_ipc(&self, thread: Ref<Tcb>) {
        thread.fault.set(Fault::None);
        match thread.state.get() {
            ThreadState::BlockedOnSend | ThreadState::BlockedOnReceive => self.take_out(thread),
            ThreadState::BlockedOnNotification => self.cancel_signal(thread),
            ThreadState::BlockedOnReply => {
                if let Some(reply) = thread.reply.get() {
                    self.abandon_reply(reply, thread);
                }
            }
            ThreadState::Inactive | ThreadState::Running | ThreadState::Restart => return,
        }
        self.set_state(thread, ThreadState::Inactive);
    }

    /// Takes a thread out of its endpoint's queue, and its reply object from it.
    fn take_out(&self, thread: Ref<Tcb>) {
        let Some(endpoint) = thread.blocking_endpoint.take() else { return };
        dequeue(&endpoint.head, &endpoint.tail, thread);
        if thread.state.get() == ThreadState::BlockedOnReceive
            && let Some(reply) = thread.reply.get()
        {
            self.unlink_reply(reply, thread);
        }
    }

    /// The endpoint goes: all that wait start their call again, and fail then.
    pub(crate) fn cancel_all_ipc(&self, endpoint: Ref<Endpoint>) {
        while let Some(thread) = endpoint.head.get() {
            self.take_out(thread);
            self.restart_unless_faulted(thread);
        }
        self.reschedule();
    }

    /// All that wait to send with this badge start again.
    pub(crate) fn cancel_badged_sends(&self, endpoint: Ref<Endpoint>, badge: u64) {
        let mut next = endpoint.sender();
        while let Some(thread) = next {
            next = thread.queue_next.get();
            if thread.blocking_badge.get() == badge {
                self.take_out(thread);
                self.restart_unless_faulted(thread);
            }
        }
        self.reschedule();
    }

    fn restart_unless_faulted(&self, thread: Ref<Tcb>) {
        if thread.fault.get() == Fault::None {
            self.wake(thread, ThreadState::Restart);
        } else {
            self.set_state(thread, ThreadState::Inactive);
        }
    }

    /// Finds a waiting thread its new place after a change of priority.
    pub(crate) fn reorder(&self, thread: Ref<Tcb>, priority: u8) {
        let (endpoint, notification) = (thread.blocking_endpoint.get(), thread.blocking_notification.get());
        let (head, tail) = match (thread.state.get(), &endpoint, &notification) {
            (ThreadState::BlockedOnNotification, _, Some(object)) => (&object.head, &object.tail),
            (_, Some(object), _) => (&object.head, &object.tail),
            _ => return,
        };
        dequeue(head, tail, thread);
        thread.priority.set(priority);
        enqueue(head, tail, thread);
    }
}
