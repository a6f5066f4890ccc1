// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stand-in's translation and virtualisation: vCPUs stay in their objects, nothing is cached.

use super::Core;
use crate::arch::{Aarch32Levels, DebugBank, Identity, Machine, VcpuSwitch, VirtualGic};
use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;
use crate::object::vgic;
use lazaret_abi::{DEBUG_STATUS_WORDS, DebugRegister, VcpuState};
use sel4_abi::vcpu_reg::VcpuReg;

impl Machine for Core {
    fn init(&self) {}
}

impl VcpuSwitch for Core {
    fn give_fp(&self) -> bool {
        false
    }
    fn read_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg) -> u64 {
        vcpu.regs[field as usize].get()
    }
    fn write_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg, value: u64) {
        vcpu.regs[field as usize].set(value);
    }
    fn save_aarch32(&self, _vcpu: Ref<Vcpu>, _field: VcpuState) {}
    fn load_aarch32(&self, _vcpu: Ref<Vcpu>) {}
    fn park_vcpu(&self, _vcpu: Ref<Vcpu>) {}
    fn release_vcpu(&self, _vcpu: Ref<Vcpu>) {
        self.releases.set(self.releases.get() + 1);
    }
}

impl VirtualGic for Core {
    fn list_registers(&self) -> u8 {
        4
    }
    fn list_register(&self, vcpu: Ref<Vcpu>, index: u8) -> u32 {
        vcpu.vgic.lr[index as usize].get()
    }
    fn set_list_register(&self, vcpu: Ref<Vcpu>, index: u8, value: u32) {
        vcpu.vgic.lr[index as usize].set(value);
    }
    fn gic_interface(&self, vcpu: Ref<Vcpu>) -> [u32; 3] {
        vcpu.vgic.interface()
    }
    fn set_gic_interface(&self, vcpu: Ref<Vcpu>, words: [u32; 3]) {
        vcpu.vgic.set_interface(words);
    }
    fn mask_vppi(&self) -> bool {
        false
    }
    fn timer_control(&self, vcpu: Ref<Vcpu>) -> u64 {
        vcpu.regs[VcpuReg::CntvCtl as usize].get()
    }
    fn set_timer_active(&self, _vcpu: Ref<Vcpu>, active: bool) {
        self.timer_active.set(active);
    }
    fn acknowledge_vppi(&self, vcpu: Ref<Vcpu>) {
        vcpu.vppi_masked.set(false);
    }
    fn pause_vgic(&self) {}
    fn maintenance(&self) -> Option<u64> {
        let vcpu = self.loaded.get()?.vcpu.get()?;
        let index = vcpu.vgic.lr.iter().position(|lr| vgic::is_ended(lr.get()))?;
        vcpu.vgic.lr[index].set(vgic::without_maintenance(vcpu.vgic.lr[index].get()));
        Some(index as u64)
    }
}

impl DebugBank for Core {
    fn debug_read(&self, _vcpu: Ref<Vcpu>, _register: DebugRegister) -> Result<u64, debug_shim::Error> {
        Ok(0)
    }
    fn debug_write(
        &self,
        _vcpu: Ref<Vcpu>,
        register: DebugRegister,
        value: u64,
        dirty: bool,
    ) -> Result<(), debug_shim::Error> {
        self.debug_writes.set(self.debug_writes.get() + 1);
        if self.refuses_debug_writes.get() {
            return Err(debug_shim::Error::NoSuchRegister);
        }
        self.debug_written.set(Some((register, value, dirty)));
        self.bank_pending.set(dirty || self.bank_pending.get());
        Ok(())
    }
    fn debug_flag_dirty(&self, _vcpu: Ref<Vcpu>) -> Result<(), debug_shim::Error> {
        self.bank_pending.set(true);
        Ok(())
    }
    fn debug_attach(&self, vcpu: Ref<Vcpu>, attach: bool) -> Result<(), debug_shim::Error> {
        let attached = &self.attached;
        if attach == (attached.get() == Some(vcpu)) {
            return Err(debug_shim::Error::External);
        }
        attached.set(attach.then_some(vcpu));
        Ok(())
    }
    fn debug_status(&self, _vcpu: Ref<Vcpu>) -> [u64; DEBUG_STATUS_WORDS] {
        [0; DEBUG_STATUS_WORDS]
    }
}

impl Identity for Core {
    fn aarch32_levels(&self) -> Aarch32Levels {
        self.aarch32.get()
    }
    fn midr(&self) -> u64 {
        0
    }
    fn features(&self, crm: u8, op2: u8) -> u64 {
        lazaret_abi::feature_word(crm, op2)
    }
}
