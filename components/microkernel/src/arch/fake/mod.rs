// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stand-in for a machine: memory is an arena of the host, time moves when a test says so.
#![allow(unsafe_code)]

#[cfg(test)]
pub mod arena;
mod guest;

use super::{Aarch32Levels, Ticks};
use crate::kernel::Kernel;
use crate::object::asid::Vmids;
use crate::object::reference::Ref;
use crate::object::tcb::{Context, Tcb};
use core::cell::Cell;
use debug_shim::DebugRegister;

/// SPSR of a fresh thread: EL0t, asynchronous aborts and FIQ masked.
pub const USER_SPSR: u64 = 0x140;

/// A vCPU whose bank is not pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready;

/// What the kernel asked of the machine.
pub struct Core {
    /// Which VSpace has which VMID.
    pub vmids: Vmids,
    /// The counter.
    pub time: Cell<Ticks>,
    /// The deadline.
    pub deadline: Cell<Ticks>,
    /// Bit n of word n/64: interrupt n is unmasked.
    pub unmasked: [Cell<u64>; 3],
    /// Thread switches.
    pub switches: Cell<u64>,
    /// Passes between a guest and its VMM.
    pub passes: Cell<u64>,
    /// The last write of a vCPU's debug register.
    pub debug_written: Cell<Option<(DebugRegister, u64, bool)>>,
    /// Writes of a vCPU's debug registers, with those that were refused.
    pub debug_writes: Cell<u64>,
    /// Writes of debug registers are refused, as of one that the core has not.
    pub refuses_debug_writes: Cell<bool>,
    /// The vCPU's bank has to be loaded before its guest runs: a dirty write says so, an entry of the guest does it.
    pub bank_pending: Cell<bool>,
    /// The loaded thread.
    pub loaded: Cell<Option<Ref<Tcb>>>,
    /// Characters printed.
    pub printed: Cell<u64>,
    /// An interrupt waits.
    pub pending: Cell<bool>,
    /// Where the core has AArch32.
    pub aarch32: Cell<Aarch32Levels>,
    /// Stopped.
    pub halted: Cell<bool>,
}

impl Core {
    /// A machine at time 0.
    pub const fn new() -> Self {
        Self {
            vmids: Vmids::new(),
            time: Cell::new(0),
            deadline: Cell::new(Ticks::MAX),
            unmasked: [const { Cell::new(0) }; 3],
            switches: Cell::new(0),
            passes: Cell::new(0),
            debug_written: Cell::new(None),
            debug_writes: Cell::new(0),
            refuses_debug_writes: Cell::new(false),
            bank_pending: Cell::new(false),
            loaded: Cell::new(None),
            printed: Cell::new(0),
            pending: Cell::new(false),
            aarch32: Cell::new(Aarch32Levels { el0: true, el1: true }),
            halted: Cell::new(false),
        }
    }
    /// The counter.
    pub fn now(&self) -> Ticks {
        self.time.get()
    }
    /// 62.5 MHz, as QEMU's.
    pub fn frequency(&self) -> u64 {
        62_500_000
    }
    /// What a test says.
    pub fn aarch32_levels(&self) -> Aarch32Levels {
        self.aarch32.get()
    }
    /// Records the deadline.
    pub fn set_deadline(&self, deadline: Ticks) {
        self.deadline.set(deadline);
    }
    /// CNTHP.
    pub fn is_timer_irq(&self, irq: u16) -> bool {
        irq == 26
    }
    /// Records.
    pub fn mask_irq(&self, irq: u16) {
        let word = &self.unmasked[irq as usize / 64];
        word.set(word.get() & !(1 << (irq % 64)));
    }
    /// Records.
    pub fn unmask_irq(&self, irq: u16) {
        let word = &self.unmasked[irq as usize / 64];
        word.set(word.get() | 1 << (irq % 64));
    }
    /// Whether an interrupt is unmasked.
    pub fn is_unmasked(&self, irq: u16) -> bool {
        self.unmasked[irq as usize / 64].get() & 1 << (irq % 64) != 0
    }
    /// Nothing.
    pub fn configure_irq(&self, _irq: u16, _edge: bool) {}
    /// Nothing.
    pub fn end_irq(&self, _irq: u16) {}
    /// What a test says.
    pub fn irq_pending(&self) -> bool {
        self.pending.get()
    }
    /// Clears memory of the arena.
    pub fn zero(&self, paddr: u64, bytes: u64) {
        // SAFETY: retype and boot pass ranges of Untyped memory, which a test made from its arena.
        unsafe {
            core::ptr::write_bytes(core::ptr::with_exposed_provenance_mut::<u8>(paddr as usize), 0, bytes as usize);
        }
    }
    /// Nothing.
    pub fn clean(&self, _paddr: u64, _bytes: u64) {}
    /// Nothing.
    pub fn invalidate(&self, _paddr: u64, _bytes: u64) {}
    /// Nothing.
    pub fn clean_invalidate(&self, _paddr: u64, _bytes: u64) {}
    /// Nothing.
    pub fn unify(&self, _paddr: u64, _bytes: u64) {}
    /// Records.
    pub fn switch_to(&self, _kernel: &Kernel, thread: Option<Ref<Tcb>>) {
        self.switches.set(self.switches.get() + 1);
        self.loaded.set(thread);
        if thread.is_some_and(|thread| thread.vcpu.get().is_some()) {
            self.bank_pending.set(false);
        }
    }
    /// Any two can.
    pub fn begin_passing(&self, _kernel: &Kernel, _guest: Ref<Tcb>, _handler: Ref<Tcb>) -> bool {
        true
    }
    /// Unless its bank has to be loaded first.
    pub fn can_pass_to_guest(&self) -> Option<Ready> {
        if self.bank_pending.get() { None } else { Some(Ready) }
    }
    /// Counts.
    pub fn pass_to_handler(&self, _guest: &Context, _handler: &Context) {
        self.passes.set(self.passes.get() + 1);
    }
    /// Counts; a pending bank is loaded.
    pub fn pass_to_guest(&self, _handler: &Context, _guest: &Context, ready: Option<Ready>) {
        assert_eq!(ready, self.can_pass_to_guest());
        self.bank_pending.set(false);
        self.passes.set(self.passes.get() + 1);
    }
    /// Records.
    pub fn end_passing(&self, running: Ref<Tcb>, _is_handler: bool) {
        self.loaded.set(Some(running));
    }
    /// Counts.
    pub fn put_char(&self, _byte: u8) {
        self.printed.set(self.printed.get() + 1);
    }
    /// Records.
    pub fn halt(&self) {
        self.halted.set(true);
    }
}

impl Default for Core {
    fn default() -> Self {
        Self::new()
    }
}
