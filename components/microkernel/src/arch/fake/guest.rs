// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stand-in's translation and virtualisation: vCPUs stay in their objects, nothing is cached.

use super::Core;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::vcpu::Vcpu;
use lazaret_abi::{DEBUG_STATUS_WORDS, DebugRegister, VcpuState};
use sel4_abi::vcpu_reg::VcpuReg;

impl Core {
    /// Nothing.
    pub fn init(&self) {}
    /// First address that user level cannot map.
    pub fn user_top(&self) -> u64 {
        sel4_abi::USER_TOP
    }
    /// First physical address that the core cannot reach.
    pub fn physical_top(&self) -> u64 {
        1 << 48
    }
    /// The arena is.
    pub fn is_ram(&self, _paddr: u64) -> bool {
        true
    }
    /// Nothing.
    pub fn reload(&self, _kernel: &Kernel) {}
    /// In memory.
    pub fn set_thread_pointer(&self, thread: Ref<Tcb>, value: u64) {
        thread.context.tpidr_el0.set(value);
    }
    /// Nothing.
    pub fn invalidate_vmid(&self, _vmid: u8) {}
    /// Nothing.
    pub fn invalidate_address(&self, _vmid: u8, _address: u64) {}
    /// Nothing.
    pub fn publish_tables(&self) {}
    /// A field of the object.
    pub fn read_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg) -> u64 {
        vcpu.regs[field as usize].get()
    }
    /// A field of the object.
    pub fn write_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg, value: u64) {
        vcpu.regs[field as usize].set(value);
    }
    /// Nothing.
    pub fn save_aarch32(&self, _vcpu: Ref<Vcpu>, _field: VcpuState) {}
    /// Nothing.
    pub fn load_aarch32(&self, _vcpu: Ref<Vcpu>) {}
    /// Nothing.
    pub fn park_vcpu(&self, _vcpu: Ref<Vcpu>) {}
    /// Nothing.
    pub fn release_vcpu(&self, _vcpu: Ref<Vcpu>) {}
    /// As QEMU's GICv2.
    pub fn list_registers(&self) -> u8 {
        4
    }
    /// A list register of the object.
    pub fn list_register(&self, vcpu: Ref<Vcpu>, index: u8) -> u32 {
        vcpu.vgic.lr[index as usize].get()
    }
    /// A list register of the object.
    pub fn set_list_register(&self, vcpu: Ref<Vcpu>, index: u8, value: u32) {
        vcpu.vgic.lr[index as usize].set(value);
    }
    /// No guest runs.
    pub fn mask_vppi(&self) -> bool {
        false
    }
    /// In the object.
    pub fn acknowledge_vppi(&self, vcpu: Ref<Vcpu>) {
        vcpu.vppi_masked.set(false);
    }
    /// Nothing.
    pub fn pause_vgic(&self) {}
    /// No guest runs.
    pub fn maintenance(&self) -> Option<u64> {
        None
    }
    /// There are no debug registers here.
    pub fn debug_read(&self, _vcpu: Ref<Vcpu>, _register: DebugRegister) -> Result<u64, debug_shim::Error> {
        Ok(0)
    }
    /// Records, and refuses if a test says so.
    pub fn debug_write(
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
    /// The bank has to be loaded.
    pub fn debug_flag_dirty(&self, _vcpu: Ref<Vcpu>) -> Result<(), debug_shim::Error> {
        self.bank_pending.set(true);
        Ok(())
    }
    /// A value of its own for each.
    pub fn features(&self, crm: u8, op2: u8) -> u64 {
        lazaret_abi::feature_word(crm, op2)
    }
    /// Nothing happened.
    pub fn debug_status(&self, _vcpu: Ref<Vcpu>) -> [u64; DEBUG_STATUS_WORDS] {
        [0; DEBUG_STATUS_WORDS]
    }
}
