// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU's width, and what only a 32-bit EL1 has: our extension.

use super::{Vcpu, confine};
use crate::arch::arm::policy;
use crate::arch::{Identity, VcpuSwitch};
use crate::error::SyscallError;
use crate::invocation::{Args, InvocationResult};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use core::cell::Cell;
use lazaret_abi::{AARCH32, AARCH64, StateRead, StateWrite, VcpuState};

/// VCPU_ReadState and VCPU_WriteState.
pub(super) fn invoke(args: &Args<'_>, vcpu: Ref<Vcpu>) -> InvocationResult {
    if args.label == lazaret_abi::VCPU_STATE_WRITE {
        let StateWrite { state, value } = args.take()?;
        return write(args, vcpu, state, value);
    }
    let StateRead { state } = args.take()?;
    args.answer(0, read(args.kernel, vcpu, state));
    Ok(1)
}

/// A field's value.
pub(super) fn read(kernel: &Kernel, vcpu: Ref<Vcpu>, state: VcpuState) -> u64 {
    if state == VcpuState::Width {
        return if vcpu.is_aarch32() { AARCH32 } else { AARCH64 };
    }
    kernel.cpu.arch.save_aarch32(vcpu, state);
    cell(&vcpu, state).get()
}

fn write(args: &Args<'_>, vcpu: Ref<Vcpu>, state: VcpuState, value: u64) -> InvocationResult {
    if state == VcpuState::Width {
        check_width(args.kernel, value)?;
        set_width(args.kernel, vcpu, value);
    } else {
        set(args.kernel, vcpu, state, value);
    }
    Ok(0)
}

/// Sets a field to what was read of a vCPU; the width has been checked. One that has it already keeps its debug bank.
pub(super) fn restore(kernel: &Kernel, vcpu: Ref<Vcpu>, state: VcpuState, value: u64) {
    if state != VcpuState::Width {
        set(kernel, vcpu, state, value);
    } else if read(kernel, vcpu, state) != value {
        set_width(kernel, vcpu, value);
    }
}

fn set(kernel: &Kernel, vcpu: Ref<Vcpu>, state: VcpuState, value: u64) {
    kernel.cpu.arch.save_aarch32(vcpu, state);
    cell(&vcpu, state).set(value & u64::from(u32::MAX));
    kernel.cpu.arch.load_aarch32(vcpu);
}

/// Refuses a width that this core has not.
pub(super) fn check_width(kernel: &Kernel, width: u64) -> Result<(), SyscallError> {
    let levels = kernel.cpu.arch.aarch32_levels();
    let greatest = if levels.el1 { AARCH32 } else { AARCH64 };
    if width > greatest { Err(SyscallError::RangeError(AARCH64, greatest)) } else { Ok(()) }
}

/// Another width is another machine: what the debug shim keeps is scrubbed, and the thread is in a mode that exists.
fn set_width(kernel: &Kernel, vcpu: Ref<Vcpu>, width: u64) {
    kernel.cpu.arch.release_vcpu(vcpu);
    let aarch32 = width == AARCH32;
    vcpu.hcr.set(if aarch32 { policy::HCR_GUEST32 } else { policy::HCR_GUEST });
    vcpu.debug.set_aarch32(aarch32);
    confine(kernel, vcpu);
}

fn cell(vcpu: &Vcpu, field: VcpuState) -> &Cell<u64> {
    let aarch32 = &vcpu.aarch32;
    match field {
        VcpuState::Width => &vcpu.hcr,
        VcpuState::Dacr => &aarch32.dacr,
        VcpuState::Ifsr => &aarch32.ifsr,
        VcpuState::Fpexc => &vcpu.fp.fpexc32,
        VcpuState::SpsrAbt => &aarch32.spsr_abt,
        VcpuState::SpsrUnd => &aarch32.spsr_und,
        VcpuState::SpsrIrq => &aarch32.spsr_irq,
        VcpuState::SpsrFiq => &aarch32.spsr_fiq,
    }
}
