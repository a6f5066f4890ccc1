// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stand-in for a machine: memory is an arena of the host, time moves when a test says so.
#![allow(unsafe_code)]

#[cfg(test)]
pub mod arena;
mod guest;

use super::{
    Aarch32Levels, Caches, Clock, FaultAddress, InterruptController, KernelConsole, Memory, Power, ResidentPass,
    SystemError, ThreadSwitch, Ticks,
};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Context, Tcb};
use crate::object::vcpu::Vcpu;
use core::cell::Cell;
use debug_shim::DebugRegister;

/// A vCPU whose bank is not pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready;

/// What the kernel asked of the machine.
pub struct Core {
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
    /// The vCPU that an outside debugger has.
    pub attached: Cell<Option<Ref<Vcpu>>>,
    /// How often a vCPU's debug registers were scrubbed.
    pub releases: Cell<u64>,
    /// The loaded thread.
    pub loaded: Cell<Option<Ref<Tcb>>>,
    /// Characters printed.
    pub printed: Cell<u64>,
    /// An interrupt waits.
    pub pending: Cell<bool>,
    /// The interrupt to acknowledge.
    pub arrived: Cell<Option<u16>>,
    /// The virtual timer's interrupt is active for a guest that has not ended it.
    pub timer_active: Cell<bool>,
    /// The address of the next abort.
    pub fault_address: Cell<u64>,
    /// Where the core has AArch32.
    pub aarch32: Cell<Aarch32Levels>,
    /// Invalidations of translations, and the last.
    pub invalidations: Cell<(u64, Option<Forgotten>)>,
    /// A descriptor of which [`Self::broken`] is to tell.
    pub watched: Cell<Option<Ref<Cell<u64>>>>,
    /// What the watched descriptor was at the last invalidation.
    pub broken: Cell<Option<u64>>,
    /// The vCPU that has to take an SError.
    pub serror: Cell<Option<Ref<Vcpu>>>,
    /// Stopped.
    pub halted: Cell<bool>,
}

/// What the TLB was told to forget: of a VMID one address, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The VMID.
    pub vmid: u8,
    /// The address.
    pub address: Option<u64>,
}

impl Core {
    /// A machine at time 0.
    pub const fn new() -> Self {
        Self {
            time: Cell::new(0),
            deadline: Cell::new(Ticks::MAX),
            unmasked: [const { Cell::new(0) }; 3],
            switches: Cell::new(0),
            passes: Cell::new(0),
            debug_written: Cell::new(None),
            debug_writes: Cell::new(0),
            refuses_debug_writes: Cell::new(false),
            bank_pending: Cell::new(false),
            attached: Cell::new(None),
            releases: Cell::new(0),
            loaded: Cell::new(None),
            printed: Cell::new(0),
            pending: Cell::new(false),
            arrived: Cell::new(None),
            timer_active: Cell::new(false),
            fault_address: Cell::new(0),
            aarch32: Cell::new(Aarch32Levels { el0: true, el1: true }),
            invalidations: Cell::new((0, None)),
            watched: Cell::new(None),
            broken: Cell::new(None),
            serror: Cell::new(None),
            halted: Cell::new(false),
        }
    }

    fn invalidated(&self, what: Forgotten) {
        self.invalidations.set((self.invalidations.get().0 + 1, Some(what)));
        self.broken.set(self.watched.get().map(|descriptor| descriptor.get()));
    }

    /// Whether an interrupt is unmasked.
    pub fn is_unmasked(&self, irq: u16) -> bool {
        self.unmasked[irq as usize / 64].get() & 1 << (irq % 64) != 0
    }
}

impl Clock for Core {
    fn now(&self) -> Ticks {
        self.time.get()
    }
    fn frequency(&self) -> u64 {
        62_500_000
    }
    fn set_deadline(&self, deadline: Ticks) {
        self.deadline.set(deadline);
    }
    fn is_timer_irq(&self, irq: u16) -> bool {
        irq == 26
    }
}

impl InterruptController for Core {
    fn acknowledge_irq(&self) -> Option<u16> {
        self.arrived.take()
    }
    fn mask_irq(&self, irq: u16) {
        let word = &self.unmasked[irq as usize / 64];
        word.set(word.get() & !(1 << (irq % 64)));
    }
    fn unmask_irq(&self, irq: u16) {
        let word = &self.unmasked[irq as usize / 64];
        word.set(word.get() | 1 << (irq % 64));
    }
    fn configure_irq(&self, _irq: u16, _edge: bool) {}
    fn end_irq(&self, _irq: u16) {}
    fn irq_pending(&self) -> bool {
        self.pending.get()
    }
}

impl Memory for Core {
    fn user_top(&self) -> u64 {
        sel4_abi::USER_TOP
    }
    fn physical_top(&self) -> u64 {
        1 << 48
    }
    fn is_ram(&self, _paddr: u64) -> bool {
        true
    }
    fn invalidate_vmid(&self, vmid: u8) {
        self.invalidated(Forgotten { vmid, address: None });
    }
    fn invalidate_address(&self, vmid: u8, address: u64) {
        self.invalidated(Forgotten { vmid, address: Some(address) });
    }
    fn publish_tables(&self) {}
    fn zero(&self, paddr: u64, bytes: u64) {
        // SAFETY: retype and boot pass ranges of Untyped memory, which a test made from its arena.
        unsafe {
            core::ptr::write_bytes(core::ptr::with_exposed_provenance_mut::<u8>(paddr as usize), 0, bytes as usize);
        }
    }
}

impl Caches for Core {
    fn clean(&self, _paddr: u64, _bytes: u64) {}
    fn invalidate(&self, _paddr: u64, _bytes: u64) {}
    fn clean_invalidate(&self, _paddr: u64, _bytes: u64) {}
    fn unify(&self, _paddr: u64, _bytes: u64) {}
}

impl ThreadSwitch for Core {
    fn reload(&self, _kernel: &Kernel) {}
    fn set_thread_pointer(&self, thread: Ref<Tcb>, value: u64) {
        thread.context.tpidr_el0.set(value);
    }
    fn switch_to(&self, _kernel: &Kernel, thread: Option<Ref<Tcb>>) {
        self.switches.set(self.switches.get() + 1);
        self.loaded.set(thread);
        if thread.is_some_and(|thread| thread.vcpu.get().is_some()) {
            self.bank_pending.set(false);
        }
    }
}

impl ResidentPass for Core {
    type Ready = Ready;
    fn begin_passing(&self, _kernel: &Kernel, _guest: Ref<Tcb>, _handler: Ref<Tcb>) -> bool {
        true
    }
    fn can_pass_to_guest(&self) -> Option<Ready> {
        if self.bank_pending.get() { None } else { Some(Ready) }
    }
    fn pass_to_handler(&self, _guest: &Context, _handler: &Context) {
        self.passes.set(self.passes.get() + 1);
    }
    fn pass_to_guest(&self, _handler: &Context, _guest: &Context, ready: Option<Ready>) {
        assert_eq!(ready, self.can_pass_to_guest());
        self.bank_pending.set(false);
        self.passes.set(self.passes.get() + 1);
    }
    fn end_passing(&self, running: Ref<Tcb>, _is_handler: bool) {
        self.loaded.set(Some(running));
    }
}

impl Default for Core {
    fn default() -> Self {
        Self::new()
    }
}

impl KernelConsole for Core {
    fn put_char(&self, _byte: u8) {
        self.printed.set(self.printed.get() + 1);
    }
}

impl Power for Core {
    fn wait_for_interrupt(&self) {}
    fn halt(&self) {
        self.halted.set(true);
    }
}

impl SystemError for Core {
    fn pend_serror(&self, vcpu: Ref<Vcpu>) {
        self.serror.set(Some(vcpu));
    }
}

impl FaultAddress for Core {
    fn in_guest(&self) -> bool {
        self.loaded.get().is_some_and(|thread| thread.vcpu.get().is_some())
    }
    fn fault_ipa(&self) -> u64 {
        self.fault_address.get()
    }
    fn fault_address(&self, _esr: u64) -> u64 {
        self.fault_address.get()
    }
}
