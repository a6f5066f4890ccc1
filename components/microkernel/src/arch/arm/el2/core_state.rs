// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is loaded on the core, and how that changes from thread to thread.
//!
//! EL1 state is switched lazily: a native thread only takes the few registers that concern EL0, the vCPU's others stay
//! in the hardware until another vCPU needs the core. The same holds for floating point (native programs have none),
//! the virtual GIC, and (in the debug shim) the debug registers.

use super::pass::Passing;
use super::sysreg::*;
use super::{console, debug, el1, gic, native, tlb};
use crate::arch::arm::{errata, policy};
use crate::arch::{Machine, ThreadSwitch};
use crate::board;
use crate::kernel::Kernel;
use crate::object::asid;
use crate::object::page_table;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::vcpu::Vcpu;
use core::cell::Cell;
use debug_shim::{MayRun, Shim};

/// The state of this core.
pub struct Core {
    /// The debug registers.
    pub shim: Shim<Ref<Vcpu>>,
    /// The thread whose thread pointers and VSpace are loaded.
    pub(super) thread: Cell<Option<Ref<Tcb>>>,
    /// The vCPU whose EL1 state is loaded.
    pub(super) vcpu: Cell<Option<Ref<Vcpu>>>,
    /// HCR_EL2 is the guest's: the vCPU runs, or trapped and nothing else has run since.
    pub(super) in_guest: Cell<bool>,
    /// The vCPU whose floating-point registers are loaded.
    pub(super) fp_owner: Cell<Option<Ref<Vcpu>>>,
    /// The virtual GIC interface is on, as the loaded vCPU wants it.
    pub(super) vgic_on: Cell<bool>,
    /// List registers.
    pub(super) list_registers: Cell<u8>,
    /// The virtual timer's interrupt is masked at the GIC.
    pub(super) vppi_masked: Cell<bool>,
    pub(super) vttbr: Cell<u64>,
    pub(super) frequency: Cell<u64>,
    pub(super) start_level_one: Cell<bool>,
    /// What firmware is to be called with between two guests.
    pub(super) remedy: Cell<Option<u32>>,
    /// Erratum 845719.
    pub(super) forgets_loads: Cell<bool>,
    /// What two threads need that pass the core to each other.
    pub(super) passing: Passing,
}

impl Core {
    /// Nothing is loaded.
    pub const fn new() -> Self {
        Self {
            shim: Shim::new(),
            thread: Cell::new(None),
            vcpu: Cell::new(None),
            in_guest: Cell::new(false),
            fp_owner: Cell::new(None),
            vgic_on: Cell::new(false),
            list_registers: Cell::new(0),
            vppi_masked: Cell::new(false),
            vttbr: Cell::new(0),
            frequency: Cell::new(0),
            start_level_one: Cell::new(false),
            remedy: Cell::new(None),
            forgets_loads: Cell::new(false),
            passing: Passing::new(),
        }
    }

    #[inline(always)]
    fn load_vspace(&self, kernel: &Kernel, thread: Ref<Tcb>) {
        self.set_vttbr(self.vspace_of(kernel, thread));
    }

    /// VTTBR_EL2 for a thread.
    #[inline(always)]
    pub(super) fn vspace_of(&self, kernel: &Kernel, thread: Ref<Tcb>) -> u64 {
        let base = thread.vspace.vspace().and_then(|(root, asid)| {
            asid::translation_base(kernel, root, asid, thread.vcpu.get().is_some())
                .map(|base| self.first_table(root, base))
        });
        base.unwrap_or_else(tlb::empty_table)
    }

    /// Cores whose stage 2 starts at level 1 walk from the first entry of the VSpace's level 0.
    #[inline(always)]
    fn first_table(&self, root: Ref<page_table::PageTable>, base: u64) -> u64 {
        if self.start_level_one.get() { Self::second_table(root, base) } else { base }
    }

    #[cold]
    fn second_table(root: Ref<page_table::PageTable>, base: u64) -> u64 {
        let table = page_table::table_address(root.entries[0].get()).unwrap_or_else(tlb::empty_table);
        base & 0xffff_0000_0000_0000 | table
    }

    #[inline(always)]
    fn set_vttbr(&self, value: u64) {
        if self.vttbr.replace(value) != value {
            vttbr_el2::write(value);
        }
    }

    /// From guest to native: EL0 must not feel the guest's EL1.
    #[inline]
    pub(super) fn leave_guest(&self) {
        if !self.in_guest.replace(false) {
            return;
        }
        if let Some(vcpu) = self.vcpu.get() {
            self.save_pending_serror(vcpu);
            self.shim.leave_to_native(vcpu, &debug::Hardware);
            native::hide_time(&vcpu);
            native::hide_el1(&vcpu);
            self.take_serror(vcpu);
        }
        cptr_el2::write(policy::CPTR_FP_TRAPPED);
        hcr_el2::write(policy::HCR_NATIVE);
    }

    /// The core runs this vCPU's guest next.
    #[inline]
    fn enter_guest(&self, vcpu: Ref<Vcpu>) {
        if self.vcpu.get() != Some(vcpu) {
            self.switch_vcpu(vcpu);
        }
        self.in_guest.set(true);
        native::show_el1(&vcpu);
        native::show_time(&vcpu);
        if errata::ON_SILICON && self.forgets_loads.get() {
            native::forget_loads();
        }
        if self.fp_owner.get() == Some(vcpu) {
            cptr_el2::write(policy::CPTR_FP_OPEN);
        }
        if !self.vgic_on.get() {
            self.turn_vgic_on(vcpu);
        }
        match self.shim.ready(vcpu) {
            Some(ready) if ready.is_unused() => self.open_to(self.shim.enter_ready(ready, &debug::Hardware)),
            _ => self.arm_and_open(vcpu),
        }
    }

    /// The last step to a guest, which needs the shim's consent: EL1 and EL0 are this vCPU's from the return on.
    #[inline(always)]
    pub(super) fn open_to(&self, may_run: MayRun<Ref<Vcpu>>) {
        hcr_el2::write(may_run.vcpu().hcr.get());
    }

    /// [`Self::open_to`] for a guest that debugs. Out of line: the others pay nothing for it, not even saved registers.
    #[inline(never)]
    pub(super) fn arm_and_open(&self, vcpu: Ref<Vcpu>) {
        match self.shim.enter(vcpu, &debug::Hardware) {
            Ok(may_run) => self.open_to(may_run),
            Err(error) => debug::refused(error),
        }
    }

    /// Another vCPU takes the core.
    #[cold]
    fn switch_vcpu(&self, vcpu: Ref<Vcpu>) {
        self.leave_guest();
        if let Some(last) = self.vcpu.replace(Some(vcpu)) {
            el1::save(&last);
            self.save_vgic(last);
        }
        self.forget_predictions();
        el1::load(&vcpu);
        self.load_vgic(vcpu);
        if self.vppi_masked.replace(vcpu.vppi_masked.get()) != vcpu.vppi_masked.get() {
            self.apply_vppi_mask();
        }
    }

    pub(super) fn apply_vppi_mask(&self) {
        let irq = board::TIMER_VIRTUAL_PPI as u16;
        if self.vppi_masked.get() { gic::mask(irq) } else { gic::unmask(irq) }
    }
}

impl Machine for Core {
    fn init(&self) {
        console::init();
        gic::init();
        self.list_registers.set(gic::list_registers());
        self.frequency.set(cntfrq_el0::read());
        self.shim.init_core(&debug::Hardware);
        let (vtcr, start_level_one) = tlb::stage2_control(id_aa64mmfr0_el1::read());
        vtcr_el2::write(vtcr);
        self.start_level_one.set(start_level_one);
        self.forgets_loads.set(errata::of(midr_el1::read()).any(|row| row.number == errata::STALE_LOADS));
        self.set_vttbr(tlb::empty_table());
        isb();
        gic::unmask(board::TIMER_HYPERVISOR_PPI as u16);
        gic::unmask(board::TIMER_MAINTENANCE_PPI as u16);
        gic::unmask(board::TIMER_VIRTUAL_PPI as u16);
    }
}

impl ThreadSwitch for Core {
    #[inline]
    fn switch_to(&self, kernel: &Kernel, thread: Option<Ref<Tcb>>) {
        if let Some(last) = self.thread.replace(thread) {
            last.context.tpidr_el0.set(tpidr_el0::read());
            if self.in_guest.get() {
                last.context.tpidrro_el0.set(tpidrro_el0::read());
            }
        }
        match thread {
            Some(new) => {
                tpidr_el0::write(new.context.tpidr_el0.get());
                tpidrro_el0::write(new.context.tpidrro_el0.get());
                self.load_vspace(kernel, new);
                match new.vcpu.get() {
                    None => self.leave_guest(),
                    Some(vcpu) => self.enter_guest(vcpu),
                }
            }
            None => self.leave_guest(),
        }
    }
    fn set_thread_pointer(&self, thread: Ref<Tcb>, value: u64) {
        thread.context.tpidr_el0.set(value);
        if self.thread.get() == Some(thread) {
            tpidr_el0::write(value);
        }
    }
    fn reload(&self, kernel: &Kernel) {
        if let Some(thread) = self.thread.get() {
            self.load_vspace(kernel, thread);
            if thread.vcpu.get() != self.vcpu.get().filter(|_| self.in_guest.get()) {
                thread.vcpu.get().map_or_else(|| self.leave_guest(), |vcpu| self.enter_guest(vcpu));
            }
        }
    }
}

impl Default for Core {
    fn default() -> Self {
        Self::new()
    }
}
