// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual GIC and the virtual timer's interrupt of the vCPU on this core.

use super::Core;
use super::gic::{self, virtual_interface};
use super::sysreg::cntv_ctl_el0;
use crate::arch::VirtualGic;
use crate::board;
use crate::object::reference::Ref;
use crate::object::vcpu::{self, Vcpu};
use crate::object::vgic;
use core::cell::Cell;
use sel4_abi::vcpu_reg::VcpuReg;

const TIMER: u16 = board::TIMER_VIRTUAL_PPI as u16;

impl Core {
    pub(super) fn save_vgic(&self, vcpu: Ref<Vcpu>) {
        if self.vgic_on.replace(false) {
            vcpu.vgic.hcr.set(virtual_interface::hcr());
            virtual_interface::set_hcr(0);
        }
        for index in 0..self.list_registers.get() {
            vcpu.vgic.lr[index as usize].set(virtual_interface::lr(index));
        }
        vcpu.vgic.vmcr.set(virtual_interface::vmcr());
        vcpu.vgic.apr.set(virtual_interface::apr());
        if vcpu.prepared_timer.get() != 0 {
            self.part_with_timer(vcpu);
        }
    }

    pub(super) fn load_vgic(&self, vcpu: Ref<Vcpu>) {
        for index in 0..self.list_registers.get() {
            virtual_interface::set_lr(index, vcpu.vgic.lr[index as usize].get());
        }
        virtual_interface::set_vmcr(vcpu.vgic.vmcr.get());
        virtual_interface::set_apr(vcpu.vgic.apr.get());
        if vgic::is_hardware(timer_register(&vcpu).get()) {
            gic::set_active(TIMER, true);
        }
    }

    /// The timer's physical interrupt is the next vCPU's. One that the guest has not taken yet comes again if its line is
    /// still up.
    #[cold]
    #[inline(never)]
    fn part_with_timer(&self, vcpu: Ref<Vcpu>) {
        let register = timer_register(&vcpu);
        if vgic::is_hardware(register.get()) {
            gic::set_active(TIMER, false);
            if !vgic::is_active(register.get()) {
                register.set(0);
            }
        }
    }

    #[cold]
    pub(super) fn turn_vgic_on(&self, vcpu: Ref<Vcpu>) {
        virtual_interface::set_hcr(vcpu.vgic.hcr.get());
        self.vgic_on.set(true);
    }
}

/// Where a prepared timer's interrupt is.
fn timer_register(vcpu: &Vcpu) -> &Cell<u32> {
    &vcpu.vgic.lr[vcpu::TIMER_REGISTER as usize]
}

impl VirtualGic for Core {
    fn list_registers(&self) -> u8 {
        self.list_registers.get()
    }
    fn list_register(&self, vcpu: Ref<Vcpu>, index: u8) -> u32 {
        if self.vcpu.get() == Some(vcpu) { virtual_interface::lr(index) } else { vcpu.vgic.lr[index as usize].get() }
    }
    fn set_list_register(&self, vcpu: Ref<Vcpu>, index: u8, value: u32) {
        vcpu.vgic.lr[index as usize].set(value);
        if self.vcpu.get() == Some(vcpu) {
            virtual_interface::set_lr(index, value);
        }
    }
    fn gic_interface(&self, vcpu: Ref<Vcpu>) -> [u32; 3] {
        let [hcr, vmcr, apr] = vcpu.vgic.interface();
        if self.vcpu.get() != Some(vcpu) {
            return [hcr, vmcr, apr];
        }
        let hcr = if self.vgic_on.get() { virtual_interface::hcr() } else { hcr };
        [hcr, virtual_interface::vmcr(), virtual_interface::apr()]
    }
    fn set_gic_interface(&self, vcpu: Ref<Vcpu>, words: [u32; 3]) {
        vcpu.vgic.set_interface(words);
        if self.vcpu.get() == Some(vcpu) {
            let [hcr, vmcr, apr] = words;
            if self.vgic_on.get() {
                virtual_interface::set_hcr(hcr);
            }
            virtual_interface::set_vmcr(vmcr);
            virtual_interface::set_apr(apr);
        }
    }
    fn mask_vppi(&self) -> bool {
        let Some(vcpu) = self.vcpu.get().filter(|_| self.in_guest.get()) else { return false };
        vcpu.vppi_masked.set(true);
        self.vppi_masked.set(true);
        self.apply_vppi_mask();
        true
    }
    fn acknowledge_vppi(&self, vcpu: Ref<Vcpu>) {
        vcpu.vppi_masked.set(false);
        if self.vcpu.get() == Some(vcpu) && self.vppi_masked.replace(false) {
            self.apply_vppi_mask();
        }
    }
    fn timer_control(&self, vcpu: Ref<Vcpu>) -> u64 {
        let runs = self.in_guest.get() && self.vcpu.get() == Some(vcpu);
        if runs { cntv_ctl_el0::read() } else { vcpu.regs[VcpuReg::CntvCtl as usize].get() }
    }
    fn set_timer_active(&self, vcpu: Ref<Vcpu>, active: bool) {
        if self.vcpu.get() == Some(vcpu) {
            gic::set_active(TIMER, active);
        }
    }
    fn pause_vgic(&self) {
        if !self.in_guest.get() {
            if let Some(vcpu) = self.vcpu.get().filter(|_| self.vgic_on.get()) {
                vcpu.vgic.hcr.set(virtual_interface::hcr());
            }
            virtual_interface::set_hcr(0);
            self.vgic_on.set(false);
        }
    }
    fn maintenance(&self) -> Option<u64> {
        if !self.in_guest.get() {
            self.pause_vgic();
            return None;
        }
        let ended = virtual_interface::eisr();
        if ended == 0 {
            // Not the end of an interrupt that is in a list register: the condition stays, and is not told again until a
            // VMM asks for that. Ends that were counted are its to read.
            virtual_interface::set_hcr(virtual_interface::hcr() & !vgic::HCR_MAINTENANCE);
            return Some(u64::MAX);
        }
        let index = ended.trailing_zeros() as u8;
        let value = virtual_interface::lr(index);
        virtual_interface::set_lr(index, vgic::without_maintenance(value));
        Some(u64::from(index))
    }
}
