// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exits: why a guest stopped, and what becomes of it.
//!
//! A message of the kernel first goes to the [fast path](fast_path), which needs nothing but the message's words and
//! answers with those of a reply. What that leaves goes through the [slow path](slow_path), which does the same and
//! everything else.

pub mod call;
pub mod fast_path;
mod hypercall;
pub(crate) mod inject;
mod load_store;
mod memory;
mod message;
mod physical_timer;
mod power;
mod register;
mod slow_path;
mod trap;
mod wait;

pub use message::{Exit, number};
#[cfg(any(test, feature = "debugger"))]
pub(crate) use register::backend::{CarriedWrite, carry_out};
pub(crate) use register::resolve::TrapRow;

use crate::console::Serial;
use crate::trace::Outcome;
use crate::vcpu::{KernelVcpu, MAX_VCPUS, Others, Vcpu};
use crate::vm::Platform;
use lazaret_abi::fault_context;

/// How the guest goes on, as the words of a reply say it: PC, SPSR, a register and its value.
pub type ReplyContext = [u64; fault_context::REPLY_LENGTH];

/// What becomes of the vCPU after an exit. A kernel with `LAZARET_VCPU_STOP` is told of it by the reply to the fault
/// ([`KernelVcpu::stops_by_reply`]): none stays open while the vCPU does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on: reply to the fault.
    Resume,
    /// It waits for an interrupt, its virtual timer's for one. Its registers are past the WFI already.
    Wait,
    /// It is off.
    Stop,
    /// There is no fault to reply to.
    Stay,
}

impl Next {
    /// Whether the kernel learns of it by a reply.
    #[inline(always)]
    pub(crate) fn is_reply(self, kernel: &impl KernelVcpu) -> bool {
        match self {
            Self::Resume => true,
            Self::Wait | Self::Stop => kernel.stops_by_reply(),
            Self::Stay => false,
        }
    }

    /// In the trace; `noted` is what became of an exit after which the guest goes on.
    const fn outcome(self, noted: Outcome) -> Outcome {
        match self {
            Self::Resume => noted,
            Self::Wait => Outcome::Waits,
            Self::Stop | Self::Stay => Outcome::Stopped,
        }
    }
}

/// Whose exit is being handled: the vCPU, the kernel's side of it, the VM's other vCPUs, and what all of them share.
pub(crate) struct Handler<'h, 'a, S, K> {
    pub(crate) platform: &'h mut Platform<'a, S>,
    pub(crate) vcpu: &'h mut Vcpu<'a>,
    pub(crate) others: Others<'h, 'a>,
    pub(crate) kernel: &'h mut K,
}

#[cfg(any(test, feature = "debugger"))]
impl<'a, S, K> Handler<'_, 'a, S, K> {
    /// The same, lent.
    pub(crate) fn reborrow(&mut self) -> Handler<'_, 'a, S, K> {
        let Self { platform, vcpu, others, kernel } = self;
        Handler { platform, vcpu, others: others.reborrow(), kernel }
    }
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// The exit that is being handled has had all its effects; what is left can be done again.
    pub(crate) fn commit(&mut self, next: Next) {
        self.platform.update_checksums();
        self.vcpu.update_checksum();
        self.others.update_checksums();
        let decided = self.vcpu.exit_number.filter(|_| next != Next::Stay);
        let exit = decided.map(|number| (self.vcpu.exits, number, next));
        self.platform.journal.commit(exit);
    }

    /// Due before the commit: an interrupt that this exit has brought to another vCPU ends its wait.
    #[inline(always)]
    pub(crate) fn wake_others(&mut self) {
        if MAX_VCPUS > 1 && self.platform.journal.is_changed() {
            let gic = &mut self.platform.bus.gic;
            for (id, vcpu) in self.others.iter_mut().filter(|(_, vcpu)| vcpu.power.is_parked()) {
                if gic.has_pending(id.index(), self.kernel) {
                    vcpu.wake();
                }
            }
            gic.end_exit(self.kernel.id().index());
        }
    }

    /// Due after the commit: the kernel is told what it has brought upon them.
    #[inline(always)]
    pub(crate) fn tell_others(&mut self) {
        if MAX_VCPUS > 1 {
            let this = self.kernel.id();
            let count = self.platform.config.vcpus;
            let there = self.others.iter_mut().filter(|(id, _)| id.index() < count);
            there.for_each(|(id, vcpu)| vcpu.tell(id, self.kernel));
            self.kernel.select(this);
        }
    }
}
