// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest and its VMM that pass the core to each other, and nobody else enters the kernel.
//!
//! Once a trap and its reply went the short way, all that the next trap has to check still holds: only the kernel
//! changes it, and every other entry ends the exchange first. So the two threads' registers and a word for whose
//! turn it is are all that moves. The objects meanwhile say what they say while the guest runs; the end of the
//! exchange brings them up to date (`Kernel::settle_exchange`).

use super::has_signal;
use crate::arch::Ready;
use crate::config::FAULT_CONTEXT;
use crate::fault::{Fault, Told, put_abort, put_trap};
use crate::kernel::Kernel;
use crate::object::endpoint::Endpoint;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::tcb::{Context, Tcb};
use crate::syscall::SVC_BYTES;
use core::cell::Cell;
use lazaret_abi::fault_context;
use sel4_abi::message_info::MessageInfo;

/// The reply that says how the guest goes on.
const GOES_ON: MessageInfo = MessageInfo::new(fault_context::REPLY_LABEL, 0, 0, fault_context::REPLY_LENGTH as u64);

/// The two threads, and what one system call of the VMM says as the last one did.
pub(crate) struct Exchange {
    /// The VMM, if it waits and the guest runs.
    waiting: Cell<Option<Ref<Tcb>>>,
    /// The guest, if it waits and the VMM runs.
    trapped: Cell<Option<Ref<Tcb>>>,
    guest: Cell<Option<Ref<Tcb>>>,
    handler: Cell<Option<Ref<Tcb>>>,
    endpoint: Cell<Option<Ref<Endpoint>>>,
    reply: Cell<Option<Ref<Reply>>>,
    /// x0 and x6 of the VMM's ReplyRecv.
    endpoint_pointer: Cell<u64>,
    reply_pointer: Cell<u64>,
    /// What the VMM finds in x0.
    badge: Cell<u64>,
    /// What the guest waits with: ESR_EL2, and the address of an abort.
    esr: Cell<u64>,
    addr: Cell<u64>,
}

impl Exchange {
    /// What the guest waits with.
    fn fault(&self) -> Fault {
        /// The one kind of abort that is passed on: of a load or store.
        const DATA_ABORT: u64 = 0x24;
        let esr = self.esr.get();
        match esr >> 26 {
            DATA_ABORT => Fault::VmFault { addr: self.addr.get(), prefetch: false, esr },
            _ => Fault::VcpuFault { hsr: esr },
        }
    }

    pub(crate) const fn new() -> Self {
        Self {
            waiting: Cell::new(None),
            trapped: Cell::new(None),
            guest: Cell::new(None),
            handler: Cell::new(None),
            endpoint: Cell::new(None),
            reply: Cell::new(None),
            endpoint_pointer: Cell::new(0),
            reply_pointer: Cell::new(0),
            badge: Cell::new(0),
            esr: Cell::new(0),
            addr: Cell::new(0),
        }
    }
}

/// What a pass needs to know of the guest that trapped: its registers, of which the last two are at hand as well.
pub struct Trapped<'a> {
    /// Its registers.
    pub context: &'a Context,
    /// ESR_EL2.
    pub esr: u64,
    /// ELR_EL2: the trapped instruction.
    pub elr: u64,
}

impl Kernel {
    /// The guest's instruction trapped: on to its VMM. `None`: nothing has happened.
    #[inline(always)]
    pub(crate) fn pass_trap(&self, guest: &Trapped<'_>) -> Option<Ref<Tcb>> {
        self.pass_fault(guest, |handler, told| put_trap(handler, told, guest.esr))
    }

    /// As [`Self::pass_trap`] for an abort at an address.
    #[inline(always)]
    pub(crate) fn pass_abort(&self, guest: &Trapped<'_>, addr: u64) -> Option<Ref<Tcb>> {
        self.pass_fault(guest, |handler, told| {
            self.exchange.addr.set(addr);
            put_abort(handler, told, guest.esr, addr)
        })
    }

    #[inline(always)]
    fn pass_fault(
        &self,
        trapped: &Trapped<'_>,
        put: impl FnOnce(&Context, &Told<'_>) -> MessageInfo,
    ) -> Option<Ref<Tcb>> {
        let exchange = &self.exchange;
        let handler = exchange.waiting.get()?;
        let guest = exchange.guest.get()?;
        exchange.waiting.set(None);
        exchange.trapped.set(Some(guest));
        exchange.esr.set(trapped.esr);
        self.current.set(Some(handler));
        let number = guest.fault_number.get().wrapping_add(1);
        guest.fault_number.set(number);
        handler.context.x[0].set(exchange.badge.get());
        let told = Told { number, ip: trapped.elr, context: trapped.context };
        handler.context.x[1].set(put(&handler.context, &told).0);
        self.arch.pass_to_handler(trapped.context, &handler.context);
        Some(handler)
    }

    /// The VMM replied and waits for the next trap, both as before: on to the guest. `None`: nothing has happened.
    #[inline(always)]
    pub(crate) fn pass_reply(&self, handler: &Context) -> Option<Ref<Tcb>> {
        if handler.x[2 + fault_context::REPLY_REGISTER].get() > fault_context::NO_REGISTER {
            return None;
        }
        let guest = self.replied(handler)?;
        let ready = self.arch.can_pass_to_guest()?;
        Some(self.pass_back(guest, handler, Some(ready)))
    }

    /// As [`Self::pass_reply`] for one that writes a debug register. What has been written is not written again: from
    /// the write on the pass goes through, with whatever the write leaves to be done before the guest runs.
    #[inline(always)]
    pub(crate) fn pass_reply_with_write(&self, handler: &Context) -> Option<Ref<Tcb>> {
        let guest = self.replied(handler)?;
        let word = |index: usize| handler.x[2 + index].get();
        self.take_debug_write(guest, word(fault_context::REPLY_REGISTER), word(fault_context::REPLY_VALUE));
        Some(self.pass_back(guest, handler, self.arch.can_pass_to_guest()))
    }

    /// The guest, if this is a reply that says how it goes on, by the same call as last time.
    #[inline(always)]
    fn replied(&self, handler: &Context) -> Option<Ref<Tcb>> {
        let exchange = &self.exchange;
        let guest = exchange.trapped.get()?;
        let x = &handler.x;
        // All at once: nearly always they are the same.
        let different = (x[1].get() ^ GOES_ON.0)
            | (x[0].get() ^ exchange.endpoint_pointer.get())
            | (x[6].get() ^ exchange.reply_pointer.get());
        if different == 0 { Some(guest) } else { None }
    }

    /// On to the guest: nothing is left to be checked, so this cannot be given up half-way. `ready`: whether debug
    /// registers have to move first.
    #[inline(always)]
    fn pass_back(&self, guest: Ref<Tcb>, handler: &Context, ready: Option<Ready>) -> Ref<Tcb> {
        let exchange = &self.exchange;
        exchange.trapped.set(None);
        exchange.waiting.set(exchange.handler.get());
        self.current.set(Some(guest));
        guest.continue_as(|index| handler.x[2 + index].get());
        self.arch.pass_to_guest(handler, &guest.context, ready);
        guest
    }

    /// After a reply that went the short way: an exchange begins, if the next trap could do the same.
    #[inline(never)]
    pub(super) fn begin_exchange(
        &self,
        guest: Ref<Tcb>,
        handler: Ref<Tcb>,
        endpoint: Ref<Endpoint>,
        reply: Ref<Reply>,
    ) {
        let Some((faults, badge, rights)) = guest.fault_endpoint.endpoint() else { return };
        let possible = FAULT_CONTEXT
            && guest.vcpu.get().is_some()
            && faults == endpoint
            && (rights.grant() || rights.grant_reply())
            && self.can_go_next(handler)
            && !has_signal(handler);
        if !possible || !self.arch.begin_passing(self, guest, handler) {
            return;
        }
        let exchange = &self.exchange;
        exchange.guest.set(Some(guest));
        exchange.handler.set(Some(handler));
        exchange.endpoint.set(Some(endpoint));
        exchange.reply.set(Some(reply));
        exchange.endpoint_pointer.set(handler.context.x[0].get());
        exchange.reply_pointer.set(handler.context.x[6].get());
        exchange.badge.set(badge);
        exchange.waiting.set(Some(handler));
    }

    /// Every entry into the kernel that passes nothing on: the objects say again what is.
    #[inline(always)]
    pub(crate) fn settle_exchange(&self) {
        if self.exchange.guest.get().is_some() {
            self.end_exchange();
        }
    }

    #[inline(never)]
    fn end_exchange(&self) {
        let exchange = &self.exchange;
        let (guest, handler) = (exchange.guest.take(), exchange.handler.take());
        let (endpoint, reply) = (exchange.endpoint.take(), exchange.reply.take());
        let trapped = exchange.trapped.take().is_some();
        exchange.waiting.set(None);
        let (Some(guest), Some(handler), Some(endpoint), Some(reply)) = (guest, handler, endpoint, reply) else {
            return;
        };
        self.arch.end_passing(if trapped { handler } else { guest }, trapped);
        if trapped {
            self.note_trap(guest, handler, endpoint, reply, exchange.fault());
        } else {
            handler.fault_ip.set(handler.context.elr.get().wrapping_sub(SVC_BYTES));
        }
    }
}
