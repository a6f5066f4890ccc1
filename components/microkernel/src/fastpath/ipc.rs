// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fast path of a Call to a passive server that waits for it, and of the server's ReplyRecv back.
//!
//! The caller's scheduling context goes along and comes back, so time is neither read nor charged: whoever runs, the same
//! one pays, and the deadline that is set for it holds.

use super::{has_signal, move_time, wait_alone};
use crate::cspace::lookup_flat;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::{Tcb, ThreadState};
use crate::syscall::SVC_BYTES;
use sel4_abi::ipc_buffer::NUM_FAST_MESSAGE_REGISTERS;
use sel4_abi::message_info::MessageInfo;

/// The message of a thread, if it is all in registers.
#[inline(always)]
pub(super) fn register_message(sender: Ref<Tcb>) -> Option<MessageInfo> {
    let info = MessageInfo(sender.context.x[1].get());
    (info.length() <= NUM_FAST_MESSAGE_REGISTERS && info.extra_caps() == 0).then_some(info)
}

impl Kernel {
    /// Call of a server without time of its own that waits alone and is next: the server. `None`: nothing has happened.
    #[inline]
    pub(crate) fn fast_call(&self, caller: Ref<Tcb>) -> Option<Ref<Tcb>> {
        let info = register_message(caller)?;
        let (endpoint, badge, rights) = lookup_flat(caller, caller.context.x[0].get())?.endpoint()?;
        let server = endpoint.head.get()?;
        let reply = server.reply.get()?;
        let sc = self.own_time(caller)?;
        let ordinary = rights.write()
            && (rights.grant() || rights.grant_reply())
            && server.state.get() == ThreadState::BlockedOnReceive
            && server.queue_next.get().is_none()
            && server.sched_context.get().is_none()
            && !sc.is_lent()
            && self.is_next(server);
        if !ordinary {
            return None;
        }
        endpoint.head.set(None);
        endpoint.tail.set(None);
        server.reply.set(None);
        reply.tcb.set(Some(caller));
        reply.head_of.set(Some(sc));
        sc.reply.set(Some(reply));
        caller.reply.set(Some(reply));
        caller.state.set(ThreadState::BlockedOnReply);
        self.pass_message(info, badge, sc, [caller, server]);
        Some(server)
    }

    /// ReplyRecv of such a server, with nobody waiting to be received from: the caller. `None`: as above.
    #[inline]
    pub(super) fn fast_reply_to_caller(
        &self,
        server: Ref<Tcb>,
        info: MessageInfo,
        reply: Ref<Reply>,
    ) -> Option<Ref<Tcb>> {
        let (endpoint, _, rights) = lookup_flat(server, server.context.x[0].get())?.endpoint()?;
        let caller = reply.tcb.get()?;
        let sc = self.own_time(server)?;
        let ordinary = rights.read()
            && endpoint.head.get().is_none()
            && !has_signal(server)
            && caller.state.get() == ThreadState::BlockedOnReply
            && caller.fault.get().is_none()
            && caller.sched_context.get().is_none()
            && reply.head_of.get() == Some(sc)
            && reply.previous.get().is_none()
            && reply.next.get().is_none()
            && !sc.turn_over.get()
            && self.is_next(caller);
        if !ordinary {
            return None;
        }
        reply.head_of.set(None);
        sc.reply.set(None);
        caller.reply.set(None);
        self.pass_message(info, 0, sc, [server, caller]);
        wait_alone(server, endpoint, reply);
        Some(caller)
    }

    /// The message, the time and the core go from one thread, which called the kernel, to the other.
    #[inline(always)]
    fn pass_message(&self, info: MessageInfo, badge: u64, sc: Ref<SchedContext>, [from, to]: [Ref<Tcb>; 2]) {
        from.fault_ip.set(from.context.elr.get().wrapping_sub(SVC_BYTES));
        for index in 0..info.length() {
            to.context.x[2 + index].set(from.context.x[2 + index].get());
        }
        to.context.x[1].set(MessageInfo::new(info.label(), 0, 0, info.length() as u64).0);
        to.context.x[0].set(badge);
        from.sched_context.set(None);
        move_time(sc, to);
        to.state.set(ThreadState::Running);
        self.hand_over(to);
    }

    /// The scheduling context that a running thread has, if it is what pays, in the plain way.
    #[inline(always)]
    pub(super) fn own_time(&self, thread: Ref<Tcb>) -> Option<Ref<SchedContext>> {
        thread.sched_context.get().filter(|&sc| self.cpu.current_sc.get() == Some(sc) && !sc.sporadic.get())
    }
}
