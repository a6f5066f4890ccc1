// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions that the guest takes at EL1 in place of what it tried; [`aarch32`] has those of a 32-bit EL1.

mod aarch32;

use crate::vcpu::{GuestRegisters, KernelVcpu, VcpuReg, Width};
use arm_syndrome::inject::{self, Injected, Vectors};
use arm_syndrome::{Context, Direction, Esr, Spsr};

/// ISS bit: FAR_EL1 holds nothing.
const FAR_NOT_VALID: u32 = 1 << 10;
/// SCTLR_EL1: stage 1 is on.
pub(crate) const MMU_ON: u64 = 1;

/// The undefined-instruction exception.
pub fn undefined(registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    if kernel.width() == Width::Aarch32 {
        return aarch32::undefined(registers, kernel);
    }
    let injected = inject::undefined(context(registers, kernel), vectors(kernel));
    enter(injected, registers, kernel);
}

/// A synchronous external abort on a load or store to `ipa`. The fault message has no virtual address, so the
/// guest is told that there is none, unless its stage 1 is off.
pub fn data_abort(
    ipa: u64,
    direction: Direction,
    trapped: Esr,
    registers: &mut GuestRegisters,
    kernel: &mut impl KernelVcpu,
) {
    if kernel.width() == Width::Aarch32 {
        return aarch32::data_abort(ipa, direction, registers, kernel);
    }
    let el1 = vectors(kernel);
    let mut injected = inject::data_abort(context(registers, kernel), el1, ipa, direction, trapped);
    if el1.sctlr & MMU_ON != 0 {
        let iss = injected.esr.iss() | FAR_NOT_VALID;
        injected.esr = Esr::from_fields(injected.esr.class(), injected.esr.is_32_bit_instruction(), iss);
        injected.far = None;
    }
    enter(injected, registers, kernel);
}

/// A synchronous external abort on the fetch of the instruction at PC.
pub fn instruction_abort(registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    if kernel.width() == Width::Aarch32 {
        return aarch32::prefetch_abort(registers, kernel);
    }
    let at = context(registers, kernel);
    let injected = inject::instruction_abort(at, vectors(kernel), at.pc);
    enter(injected, registers, kernel);
}

/// Go on after the trapped instruction.
#[inline]
pub fn advance(trapped: Esr, registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    let next = context(registers, kernel).advance(trapped);
    registers.set_pc(next.pc);
    registers.set_spsr(next.spsr.0);
}

pub(crate) fn context(registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) -> Context {
    Context { pc: registers.pc(kernel), spsr: Spsr(registers.spsr(kernel)) }
}

pub(crate) fn vectors(kernel: &mut impl KernelVcpu) -> Vectors {
    Vectors { vbar: kernel.read_system_register(VcpuReg::Vbar), sctlr: kernel.read_system_register(VcpuReg::Sctlr) }
}

fn enter(injected: Injected, registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    kernel.write_system_register(VcpuReg::ElrEl1, injected.elr);
    kernel.write_system_register(VcpuReg::SpsrEl1, injected.spsr);
    kernel.write_system_register(VcpuReg::Esr, injected.esr.value());
    if let Some(far) = injected.far {
        kernel.write_system_register(VcpuReg::Far, far);
    }
    registers.set_pc(injected.context.pc);
    registers.set_spsr(injected.context.spsr.0);
}
