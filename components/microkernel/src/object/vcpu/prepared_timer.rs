// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual timer's interrupt, injected by the kernel: `VCPU_PrepareVPPI`, an extension.
//!
//! The list register has the HW bit, so that the guest's own end of the interrupt (GICV_EOIR, or GICV_DIR of a guest that
//! has EOImode 1) deactivates the physical one. Until then that is active, and does not come again. The physical interface
//! keeps EOImode 0: the kernel ends the interrupt as any other and makes it active again by GICD_ISACTIVER, which no other
//! interrupt pays for.
//!
//! While the guest has the interrupt (the list register is pending or active) and its vCPU is on the core, the physical
//! interrupt is active. What is only pending may be taken back at any time: the line is level-sensitive, and comes again
//! if it is still up.

use super::{VIRTUAL_TIMER, Vcpu, halted, injection};
use crate::arch::{Clock, VcpuSwitch, VirtualGic};
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::vgic;
use lazaret_abi::{Injection, NO_INJECTION, PrepareTimer, TimerInterrupt};
use sel4_abi::vcpu_reg::VcpuReg;

/// Where the interrupt goes.
pub const LIST_REGISTER: u8 = 0;
/// CNTV_CTL_EL0: ENABLE and IMASK.
const ENABLE: u64 = 1;
const MASKED: u64 = 2;
/// SGIs are no hardware's.
const LEAST_INTID: u16 = 16;

pub(super) fn prepare(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    let PrepareTimer { injection } = args.take()?;
    let kernel = args.kernel;
    let value = if injection.0 == NO_INJECTION { 0 } else { value(kernel, injection)? };
    halted(vcpu)?;
    let had = kernel.timer_interrupt(vcpu);
    if value != 0 && had == TimerInterrupt::None && !is_free(kernel, vcpu) {
        return Err(SyscallError::DeleteFirst);
    }
    if value == 0 || had == TimerInterrupt::Pending {
        kernel.take_timer_back(vcpu);
    }
    vcpu.prepared_timer.set(value);
    vcpu.count_kernels();
    args.answer(0, had as u64);
    Ok(1)
}

/// What the list register will hold.
fn value(kernel: &Kernel, Injection(word): Injection) -> Result<u32, SyscallError> {
    let injection = injection::injection(kernel, word)?;
    if injection.index != LIST_REGISTER {
        return Err(SyscallError::RangeError(LIST_REGISTER.into(), LIST_REGISTER.into()));
    }
    if injection.intid < LEAST_INTID {
        return Err(SyscallError::RangeError(LEAST_INTID.into(), vgic::MAX_INTID));
    }
    Ok(injection.of_hardware(VIRTUAL_TIMER as u16))
}

fn is_free(kernel: &Kernel, vcpu: Ref<Vcpu>) -> bool {
    let held = kernel.cpu.arch.list_register(vcpu, LIST_REGISTER);
    vgic::is_free(held) && vcpu.binding.list_register() != Some(LIST_REGISTER)
}

impl Kernel {
    /// What the guest has of the interrupt that the kernel injected.
    pub(crate) fn timer_interrupt(&self, vcpu: Ref<Vcpu>) -> TimerInterrupt {
        let held = self.cpu.arch.list_register(vcpu, LIST_REGISTER);
        match (vgic::is_hardware(held), vgic::is_active(held)) {
            (true, true) => TimerInterrupt::Active,
            (true, false) if vgic::is_pending(held) => TimerInterrupt::Pending,
            _ => TimerInterrupt::None,
        }
    }

    /// The physical interrupt came while the guest ran. True: the guest has it.
    #[inline(always)]
    pub(super) fn forwards_timer(&self, vcpu: Ref<Vcpu>) -> bool {
        let value = vcpu.prepared_timer.get();
        if value != 0 {
            self.forward_timer(vcpu, value);
        }
        value != 0
    }

    #[cold]
    #[inline(never)]
    fn forward_timer(&self, vcpu: Ref<Vcpu>, value: u32) {
        if self.timer_interrupt(vcpu) == TimerInterrupt::None {
            self.cpu.arch.set_list_register(vcpu, LIST_REGISTER, value);
        }
    }

    /// The kernel has ended the physical interrupt; it stays active until the guest ends it.
    pub(super) fn keep_timer(&self, vcpu: Ref<Vcpu>) {
        if self.timer_interrupt(vcpu) != TimerInterrupt::None {
            self.cpu.arch.set_timer_active(vcpu, true);
        }
    }

    /// A pending interrupt whose timer has been set anew meanwhile was none.
    pub(crate) fn resample_timer(&self, vcpu: Ref<Vcpu>) {
        let is_prepared = vcpu.prepared_timer.get() != 0;
        if is_prepared && self.timer_interrupt(vcpu) == TimerInterrupt::Pending && !self.timer_fires(vcpu) {
            self.take_timer_back(vcpu);
        }
    }

    /// The guest has the interrupt no longer, and the physical one is not active.
    pub(crate) fn take_timer_back(&self, vcpu: Ref<Vcpu>) {
        if self.timer_interrupt(vcpu) != TimerInterrupt::None {
            self.cpu.arch.set_list_register(vcpu, LIST_REGISTER, 0);
            self.cpu.arch.set_timer_active(vcpu, false);
        }
    }

    /// What a VMM has put in the list register is the physical interrupt: the guest handles it.
    pub(super) fn handle_timer(&self, vcpu: Ref<Vcpu>) {
        let (prepared, arch) = (vcpu.prepared_timer.get(), &self.cpu.arch);
        if prepared != 0
            && let Some(value) = vgic::handled(arch.list_register(vcpu, LIST_REGISTER), prepared)
        {
            arch.set_list_register(vcpu, LIST_REGISTER, value);
            arch.set_timer_active(vcpu, true);
        }
    }

    /// The timer's line is up, as far as it is the vCPU's.
    fn timer_fires(&self, vcpu: Ref<Vcpu>) -> bool {
        let arch = &self.cpu.arch;
        let count = arch.now().wrapping_sub(arch.read_vcpu(vcpu, VcpuReg::Cntvoff));
        arch.timer_control(vcpu) & (ENABLE | MASKED) == ENABLE && count >= arch.read_vcpu(vcpu, VcpuReg::CntvCval)
    }
}
