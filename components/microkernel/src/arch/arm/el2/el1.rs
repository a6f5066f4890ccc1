// SPDX-License-Identifier: MIT OR Apache-2.0
//! The full state of a vCPU between memory and hardware: needed only when another vCPU takes the core, or when somebody
//! asks for a register.

use super::{Core, debug, fp, sysreg, sysreg::*};
use crate::arch::arm::policy;
use crate::arch::{DebugBank, VcpuSwitch};
use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;
use lazaret_abi::{DEBUG_STATUS_WORDS, DebugRegister, VcpuState};
use sel4_abi::vcpu_reg::VcpuReg;

/// Fields that are in the hardware whenever the vCPU is loaded, with their registers. Those that native programs would
/// feel are not ([`native`](super::native)): they are there only while the guest runs. ACTLR_EL1 traps: it exists in
/// memory only.
macro_rules! resident {
    ($action:ident, $vcpu:expr) => {
        $action! { $vcpu,
            Cpacr cpacr_el1, Ttbr0 ttbr0_el1, Ttbr1 ttbr1_el1, Mair mair_el1, Amair amair_el1,
            Cidr contextidr_el1, Afsr0 afsr0_el1, Afsr1 afsr1_el1, Esr esr_el1, Far far_el1, Par par_el1,
            Vbar vbar_el1, TpidrEl1 tpidr_el1, VmpidrEl2 vmpidr_el2, SpEl1 sp_el1, ElrEl1 elr_el1, SpsrEl1 spsr_el1,
            CntvCval cntv_cval_el0
        }
    };
}

macro_rules! save_all {
    ($vcpu:expr, $($field:ident $register:ident),*) => {
        $($vcpu.regs[VcpuReg::$field as usize].set($register::read());)*
    };
}

macro_rules! load_all {
    ($vcpu:expr, $($field:ident $register:ident),*) => {
        $($register::write($vcpu.regs[VcpuReg::$field as usize].get());)*
    };
}

macro_rules! read_one {
    ($vcpu:expr, $($field:ident $register:ident),*) => {
        match $vcpu { $(VcpuReg::$field => Some($register::read()),)* _ => None }
    };
}

macro_rules! write_one {
    ($vcpu:expr, $($field:ident $register:ident),*) => {
        match $vcpu.0 { $(VcpuReg::$field => $register::write($vcpu.1),)* _ => {} }
    };
}

macro_rules! aarch32 {
    ($action:ident, $vcpu:expr) => {
        $action! { $vcpu.aarch32,
            dacr dacr32_el2, ifsr ifsr32_el2, spsr_abt spsr_abt, spsr_und spsr_und,
            spsr_irq spsr_irq, spsr_fiq spsr_fiq
        }
    };
}

macro_rules! save_aarch32 {
    ($state:expr, $($field:ident $register:ident),*) => { $($state.$field.set($register::read());)* };
}

macro_rules! load_aarch32 {
    ($state:expr, $($field:ident $register:ident),*) => { $($register::write($state.$field.get());)* };
}

/// The vCPU leaves the hardware. It has stopped running.
pub(super) fn save(vcpu: &Vcpu) {
    resident!(save_all, vcpu);
    vcpu.csselr.set(csselr_el1::read());
    if vcpu.is_aarch32() {
        aarch32!(save_aarch32, vcpu);
    }
}

/// The vCPU comes to the hardware.
pub(super) fn load(vcpu: &Vcpu) {
    // DACR32_EL2 first: a write of CONTEXTIDR_EL1 must follow it (`errata`: 852523, 853709).
    if vcpu.is_aarch32() {
        aarch32!(load_aarch32, vcpu);
    }
    resident!(load_all, vcpu);
    csselr_el1::write(vcpu.csselr.get());
}

/// FPEXC32_EL2 and the others of a 32-bit EL1 do not exist on a core without one.
fn save_fp(vcpu: &Vcpu) {
    fp::save(&vcpu.fp);
    if vcpu.is_aarch32() {
        vcpu.fp.fpexc32.set(fpexc32_el2::read());
    }
}

impl Core {
    /// Floating point of a vCPU that does not run goes to memory.
    fn park_fp(&self, vcpu: Ref<Vcpu>) {
        if self.fp_owner.get() == Some(vcpu) {
            cptr_el2::write(policy::CPTR_FP_OPEN);
            sysreg::isb();
            save_fp(&vcpu);
            cptr_el2::write(policy::CPTR_FP_TRAPPED);
            self.fp_owner.set(None);
        }
    }
}

impl VcpuSwitch for Core {
    fn give_fp(&self) -> bool {
        let Some(vcpu) = self.vcpu.get().filter(|_| self.in_guest.get()) else { return false };
        if self.fp_owner.get() == Some(vcpu) {
            return false;
        }
        cptr_el2::write(policy::CPTR_FP_OPEN);
        sysreg::isb();
        if let Some(last) = self.fp_owner.replace(Some(vcpu)) {
            save_fp(&last);
        }
        fp::load(&vcpu.fp);
        if vcpu.is_aarch32() {
            fpexc32_el2::write(vcpu.fp.fpexc32.get());
        }
        true
    }
    fn read_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg) -> u64 {
        let resident = if self.vcpu.get() == Some(vcpu) { resident!(read_one, field) } else { None };
        resident.unwrap_or_else(|| vcpu.regs[field as usize].get())
    }
    fn write_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg, value: u64) {
        vcpu.regs[field as usize].set(value);
        if self.vcpu.get() == Some(vcpu) {
            resident!(write_one, (field, value));
        }
    }
    fn park_vcpu(&self, vcpu: Ref<Vcpu>) {
        self.park_fp(vcpu);
        if self.vcpu.get() == Some(vcpu) {
            self.leave_guest();
            save(&vcpu);
            self.save_vgic(vcpu);
            self.vcpu.set(None);
            if self.vppi_masked.replace(false) {
                self.apply_vppi_mask();
            }
        }
    }
    fn save_aarch32(&self, vcpu: Ref<Vcpu>, field: VcpuState) {
        if field == VcpuState::Fpexc {
            self.park_fp(vcpu);
        } else if self.vcpu.get() == Some(vcpu) && vcpu.is_aarch32() {
            aarch32!(save_aarch32, vcpu);
        }
    }
    fn load_aarch32(&self, vcpu: Ref<Vcpu>) {
        if self.vcpu.get() == Some(vcpu) && vcpu.is_aarch32() {
            aarch32!(load_aarch32, vcpu);
            // As in `load`.
            contextidr_el1::write(contextidr_el1::read());
        }
    }
    fn release_vcpu(&self, vcpu: Ref<Vcpu>) {
        self.park_vcpu(vcpu);
        if let Err(error) = self.shim.release(vcpu, &debug::Hardware) {
            debug::refused(error);
        }
    }
}

impl DebugBank for Core {
    fn debug_read(&self, vcpu: Ref<Vcpu>, register: DebugRegister) -> Result<u64, debug_shim::Error> {
        self.shim.read(vcpu, register, &debug::Hardware)
    }
    fn debug_write(
        &self,
        vcpu: Ref<Vcpu>,
        register: DebugRegister,
        value: u64,
        dirty: bool,
    ) -> Result<(), debug_shim::Error> {
        self.shim.write(vcpu, register, value, dirty, &debug::Hardware)
    }
    fn debug_flag_dirty(&self, vcpu: Ref<Vcpu>) -> Result<(), debug_shim::Error> {
        self.shim.flag_dirty(vcpu)
    }
    fn debug_attach(&self, vcpu: Ref<Vcpu>, attach: bool) -> Result<(), debug_shim::Error> {
        if attach { self.shim.attach_external(vcpu) } else { self.shim.detach_external(vcpu) }
    }
    fn debug_status(&self, vcpu: Ref<Vcpu>) -> [u64; DEBUG_STATUS_WORDS] {
        self.shim.status(vcpu)
    }
}
