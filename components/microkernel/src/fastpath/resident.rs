// SPDX-License-Identifier: MIT OR Apache-2.0
//! A guest and its VMM that pass the core to each other, and nobody else enters the kernel.
//!
//! Once a trap and its reply took the fast path, all that the next trap has to check still holds: only the kernel
//! changes it, and every other entry settles the pair first. So the two threads' registers and a word for whose
//! turn it is are all that moves. The objects meanwhile say what they say while the guest runs; the end of the
//! pair brings them up to date (`Kernel::settle_resident`).

use super::has_signal;
use crate::arch::{Ready, ResidentPass};
use crate::config::FAULT_CONTEXT;
use crate::entry::Trap;
use crate::fault::{Fault, FaultContext, put_abort, put_trap};
use crate::kernel::Kernel;
use crate::object::endpoint::Endpoint;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::tcb::{Context, Tcb};
use crate::syscall::SVC_BYTES;
use arm_syndrome::Class;
use arm_syndrome::iss::CLASS_SHIFT;
use core::cell::Cell;
use lazaret_abi::fault_context;
use sel4_abi::message_info::MessageInfo;

/// The reply that says how the guest goes on.
const REPLY_WITH_CONTEXT: MessageInfo =
    MessageInfo::new(fault_context::REPLY_LABEL, 0, 0, fault_context::REPLY_LENGTH as u64);

/// The two threads, and what one system call of the VMM says as the last one did.
pub(crate) struct ResidentPair {
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

impl ResidentPair {
    /// What the guest waits with.
    fn fault(&self) -> Fault {
        /// The one kind of abort that is passed on: of a load or store.
        const DATA_ABORT: u64 = Class::DATA_ABORT_LOWER.value() as u64;
        let esr = self.esr.get();
        match esr >> CLASS_SHIFT {
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

impl Kernel {
    /// The guest's instruction trapped: on to its VMM. `None`: nothing has happened.
    #[inline(always)]
    pub(crate) fn pass_trap(&self, guest: &Trap<'_>) -> Option<Ref<Tcb>> {
        self.pass_fault(guest, |handler, context| put_trap(handler, context, guest.esr))
    }

    /// As [`Self::pass_trap`] for an abort at an address.
    #[inline(always)]
    pub(crate) fn pass_abort(&self, guest: &Trap<'_>, addr: u64) -> Option<Ref<Tcb>> {
        self.pass_fault(guest, |handler, context| {
            self.cpu.resident.addr.set(addr);
            put_abort(handler, context, guest.esr, addr)
        })
    }

    #[inline(always)]
    fn pass_fault(
        &self,
        trapped: &Trap<'_>,
        put: impl FnOnce(&Context, &FaultContext<'_>) -> MessageInfo,
    ) -> Option<Ref<Tcb>> {
        let pair = &self.cpu.resident;
        let handler = pair.waiting.get()?;
        let guest = pair.guest.get()?;
        pair.waiting.set(None);
        pair.trapped.set(Some(guest));
        pair.esr.set(trapped.esr);
        self.cpu.current.set(Some(handler));
        let number = guest.fault_number.get().wrapping_add(1);
        guest.fault_number.set(number);
        handler.context.x[0].set(pair.badge.get());
        let context = FaultContext { number, ip: trapped.elr, registers: trapped.context };
        handler.context.x[1].set(put(&handler.context, &context).0);
        self.cpu.arch.pass_to_handler(trapped.context, &handler.context);
        Some(handler)
    }

    /// The VMM replied and waits for the next trap, both as before: on to the guest. `None`: nothing has happened.
    #[inline(always)]
    pub(crate) fn pass_reply(&self, handler: &Context) -> Option<Ref<Tcb>> {
        if handler.x[2 + fault_context::REPLY_REGISTER].get() > fault_context::NO_REGISTER {
            return None;
        }
        let guest = self.replied(handler)?;
        let ready = self.cpu.arch.can_pass_to_guest()?;
        Some(self.pass_back(guest, handler, Some(ready)))
    }

    /// As [`Self::pass_reply`] for one that writes a debug register. What has been written is not written again: from
    /// the write on the pass goes through, with whatever the write leaves to be done before the guest runs.
    #[inline(always)]
    pub(crate) fn pass_reply_with_write(&self, handler: &Context) -> Option<Ref<Tcb>> {
        let guest = self.replied(handler)?;
        let word = |index: usize| handler.x[2 + index].get();
        self.take_debug_write(guest, word(fault_context::REPLY_REGISTER), word(fault_context::REPLY_VALUE));
        Some(self.pass_back(guest, handler, self.cpu.arch.can_pass_to_guest()))
    }

    /// The guest, if this is a reply that says how it goes on, by the same call as last time.
    #[inline(always)]
    fn replied(&self, handler: &Context) -> Option<Ref<Tcb>> {
        let pair = &self.cpu.resident;
        let guest = pair.trapped.get()?;
        let x = &handler.x;
        // All at once: nearly always they are the same.
        let different = (x[1].get() ^ REPLY_WITH_CONTEXT.0)
            | (x[0].get() ^ pair.endpoint_pointer.get())
            | (x[6].get() ^ pair.reply_pointer.get());
        if different == 0 { Some(guest) } else { None }
    }

    /// On to the guest: nothing is left to be checked, so this cannot be given up half-way. `ready`: whether debug
    /// registers have to move first.
    #[inline(always)]
    fn pass_back(&self, guest: Ref<Tcb>, handler: &Context, ready: Option<Ready>) -> Ref<Tcb> {
        let pair = &self.cpu.resident;
        pair.trapped.set(None);
        pair.waiting.set(pair.handler.get());
        self.cpu.current.set(Some(guest));
        guest.continue_as(|index| handler.x[2 + index].get());
        self.cpu.arch.pass_to_guest(handler, &guest.context, ready);
        guest
    }

    /// After a reply that took the fast path: the two become resident, if the next trap could do the same.
    #[inline(never)]
    pub(super) fn make_resident(&self, guest: Ref<Tcb>, handler: Ref<Tcb>, endpoint: Ref<Endpoint>, reply: Ref<Reply>) {
        let Some((faults, badge, rights)) = guest.fault_endpoint.endpoint() else { return };
        let possible = FAULT_CONTEXT
            && guest.vcpu.get().is_some_and(|vcpu| !vcpu.doorbells.are_there())
            && faults == endpoint
            && (rights.grant() || rights.grant_reply())
            && self.can_answer(handler, guest)
            && !has_signal(handler);
        if !possible || !self.cpu.arch.begin_passing(self, guest, handler) {
            return;
        }
        let pair = &self.cpu.resident;
        pair.guest.set(Some(guest));
        pair.handler.set(Some(handler));
        pair.endpoint.set(Some(endpoint));
        pair.reply.set(Some(reply));
        pair.endpoint_pointer.set(handler.context.x[0].get());
        pair.reply_pointer.set(handler.context.x[6].get());
        pair.badge.set(badge);
        pair.waiting.set(Some(handler));
    }

    /// The guest that waits while its VMM answers on the resident pass.
    pub(crate) fn trapped_guest(&self) -> Option<Ref<Tcb>> {
        self.cpu.resident.trapped.get()
    }

    /// Every entry into the kernel that passes nothing on: the objects say again what is.
    #[inline(always)]
    pub(crate) fn settle_resident(&self) {
        if self.cpu.resident.guest.get().is_some() {
            self.end_resident();
        }
    }

    #[inline(never)]
    fn end_resident(&self) {
        let pair = &self.cpu.resident;
        let (guest, handler) = (pair.guest.take(), pair.handler.take());
        let (endpoint, reply) = (pair.endpoint.take(), pair.reply.take());
        let trapped = pair.trapped.take().is_some();
        pair.waiting.set(None);
        let (Some(guest), Some(handler), Some(endpoint), Some(reply)) = (guest, handler, endpoint, reply) else {
            return;
        };
        self.cpu.arch.end_passing(if trapped { handler } else { guest }, trapped);
        if trapped {
            self.record_fault(guest, handler, endpoint, reply, pair.fault());
        } else {
            handler.fault_ip.set(handler.context.elr.get().wrapping_sub(SVC_BYTES));
        }
    }
}
