// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel asks of the machine apart from running threads: time, interrupts, memory, the console.

use super::Core;
use super::sysreg::{self, cnthp_ctl_el2, cnthp_cval_el2, cntpct_el0, id_aa64pfr0_el1};
use super::{console, debug, gic, memory, tlb};
use crate::arch::{Aarch32Levels, Ticks};
use crate::board;

impl Core {
    /// Time.
    #[inline(always)]
    pub fn now(&self) -> Ticks {
        cntpct_el0::read()
    }
    /// Ticks per second.
    #[inline(always)]
    pub fn frequency(&self) -> u64 {
        self.frequency.get()
    }
    /// Where the core has AArch32.
    pub fn aarch32_levels(&self) -> Aarch32Levels {
        Aarch32Levels::from_id_aa64pfr0(id_aa64pfr0_el1::read())
    }
    /// One-shot interrupt at or after this time.
    #[inline(always)]
    pub fn set_deadline(&self, deadline: Ticks) {
        cnthp_cval_el2::write(deadline);
        cnthp_ctl_el2::write(1);
    }
    /// The deadline's interrupt?
    #[inline(always)]
    pub fn is_timer_irq(&self, irq: u16) -> bool {
        u64::from(irq) == board::TIMER_HYPERVISOR_PPI
    }
    /// At the distributor.
    pub fn mask_irq(&self, irq: u16) {
        gic::mask(irq);
    }
    /// At the distributor.
    pub fn unmask_irq(&self, irq: u16) {
        gic::unmask(irq);
    }
    /// Trigger of an interrupt.
    pub fn configure_irq(&self, irq: u16, edge: bool) {
        gic::configure(irq, edge);
    }
    /// An interrupt waits at the controller.
    pub fn irq_pending(&self) -> bool {
        gic::pending()
    }
    /// End of interrupt.
    #[inline(always)]
    pub fn end_irq(&self, irq: u16) {
        gic::end(irq);
    }
    /// Is this address in RAM that the kernel has mapped?
    pub fn is_ram(&self, paddr: u64) -> bool {
        memory::is_mapped_ram(paddr)
    }
    /// Clears memory that becomes an object or a frame.
    pub fn zero(&self, paddr: u64, bytes: u64) {
        memory::zero(paddr, bytes);
    }
    /// Writes dirty lines back.
    pub fn clean(&self, paddr: u64, bytes: u64) {
        memory::clean(paddr, bytes);
    }
    /// Drops lines, written back first: what was cleared must stay cleared.
    pub fn invalidate(&self, paddr: u64, bytes: u64) {
        memory::clean_invalidate(paddr, bytes);
    }
    /// Writes back and drops.
    pub fn clean_invalidate(&self, paddr: u64, bytes: u64) {
        memory::clean_invalidate(paddr, bytes);
    }
    /// Makes written instructions fetchable.
    pub fn unify(&self, paddr: u64, bytes: u64) {
        memory::unify(paddr, bytes);
    }
    /// The console.
    pub fn put_char(&self, byte: u8) {
        console::put(byte);
    }
    /// Stops.
    pub fn halt(&self) {
        self.disarm_debug();
        super::stop();
    }
    /// No debug exception from here on, whatever is loaded.
    pub fn disarm_debug(&self) {
        self.shim.disarm(&debug::Hardware);
    }
    /// Forgets all translations of a VMID.
    pub fn invalidate_vmid(&self, vmid: u8) {
        tlb::invalidate_vmid(vmid, self.vttbr.get());
    }
    /// Forgets the translation of one address of a VMID. Page-table writes before it are complete.
    pub fn invalidate_address(&self, vmid: u8, address: u64) {
        tlb::invalidate_address(vmid, address, self.vttbr.get());
    }
    /// Page-table writes are complete for the table walker.
    pub fn publish_tables(&self) {
        sysreg::dsb();
    }
}
