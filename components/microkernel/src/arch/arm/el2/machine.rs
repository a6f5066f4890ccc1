// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel asks of the machine apart from running threads: time, interrupts, memory, the console.

use super::Core;
use super::sysreg::{self, cnthp_ctl_el2, cnthp_cval_el2, cntpct_el0, id_aa64mmfr0_el1};
use super::{console, debug, gic, memory, tlb};
use crate::arch::{Caches, Clock, InterruptController, KernelConsole, Memory, Power, Ticks};
use crate::board;

impl Core {
    /// No debug exception from here on, whatever is loaded.
    pub fn disarm_debug(&self) {
        self.shim.disarm(&debug::Hardware);
    }
}

impl Clock for Core {
    #[inline(always)]
    fn now(&self) -> Ticks {
        cntpct_el0::read()
    }
    #[inline(always)]
    fn frequency(&self) -> u64 {
        self.frequency.get()
    }
    #[inline(always)]
    fn set_deadline(&self, deadline: Ticks) {
        cnthp_cval_el2::write(deadline);
        cnthp_ctl_el2::write(1);
    }
    #[inline(always)]
    fn is_timer_irq(&self, irq: u16) -> bool {
        u64::from(irq) == board::TIMER_HYPERVISOR_PPI
    }
}

impl InterruptController for Core {
    #[inline(always)]
    fn acknowledge_irq(&self) -> Option<u16> {
        gic::acknowledge()
    }
    fn mask_irq(&self, irq: u16) {
        gic::mask(irq);
    }
    fn unmask_irq(&self, irq: u16) {
        gic::unmask(irq);
    }
    fn configure_irq(&self, irq: u16, edge: bool) {
        gic::configure(irq, edge);
    }
    fn irq_pending(&self) -> bool {
        gic::pending()
    }
    #[inline(always)]
    fn end_irq(&self, irq: u16) {
        gic::end(irq);
    }
}

impl Memory for Core {
    fn user_top(&self) -> u64 {
        if self.start_level_one.get() { 1 << 39 } else { sel4_abi::USER_TOP }
    }
    fn physical_top(&self) -> u64 {
        tlb::physical_top(id_aa64mmfr0_el1::read())
    }
    fn is_ram(&self, paddr: u64) -> bool {
        memory::is_mapped_ram(paddr)
    }
    fn zero(&self, paddr: u64, bytes: u64) {
        memory::zero(paddr, bytes);
    }
    fn invalidate_vmid(&self, vmid: u8) {
        tlb::invalidate_vmid(vmid, self.vttbr.get());
    }
    fn invalidate_address(&self, vmid: u8, address: u64) {
        tlb::invalidate_address(vmid, address, self.vttbr.get());
    }
    fn publish_tables(&self) {
        sysreg::dsb();
    }
}

impl Caches for Core {
    fn clean(&self, paddr: u64, bytes: u64) {
        memory::clean(paddr, bytes);
    }
    fn invalidate(&self, paddr: u64, bytes: u64) {
        memory::clean_invalidate(paddr, bytes);
    }
    fn clean_invalidate(&self, paddr: u64, bytes: u64) {
        memory::clean_invalidate(paddr, bytes);
    }
    fn unify(&self, paddr: u64, bytes: u64) {
        memory::unify(paddr, bytes);
    }
}

impl KernelConsole for Core {
    fn put_char(&self, byte: u8) {
        console::put(byte);
    }
}

impl Power for Core {
    fn wait_for_interrupt(&self) {
        // SAFETY: waits; interrupts stay masked.
        unsafe { core::arch::asm!("dsb sy", "wfi", options(nostack, preserves_flags)) };
    }
    fn halt(&self) {
        self.disarm_debug();
        super::stop();
    }
}
