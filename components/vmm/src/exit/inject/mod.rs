// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions that the guest takes at EL1 in place of what it tried; [`aarch32`] has those of a 32-bit EL1.

mod aarch32;

use crate::vcpu::{GuestRegisters, KernelVcpu, VcpuReg, Width};
use arm_syndrome::inject::{self, DataFault, Injected, Vectors};
use arm_syndrome::{Context, Esr, FaultStatus, Spsr};

/// The undefined-instruction exception.
pub fn undefined(registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    if kernel.width() == Width::Aarch32 {
        return aarch32::undefined(registers, kernel);
    }
    let injected = inject::undefined(context(registers, kernel), vectors(kernel));
    enter(injected, registers, kernel);
}

/// A data abort. `address` is the virtual one, if it is known; the guest is told if it is not, which an external abort
/// alone allows.
pub fn data_abort(
    address: Option<u64>,
    fault: DataFault,
    trapped: Esr,
    registers: &mut GuestRegisters,
    kernel: &mut impl KernelVcpu,
) {
    if kernel.width() == Width::Aarch32 {
        return aarch32::data_abort(address, fault, registers, kernel);
    }
    let at = context(registers, kernel);
    let injected = inject::data_abort(at, vectors(kernel), address, fault, trapped.is_32_bit_instruction());
    enter(injected, registers, kernel);
}

/// An instruction abort at PC.
pub fn instruction_abort(status: FaultStatus, registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    if kernel.width() == Width::Aarch32 {
        return aarch32::prefetch_abort(status, registers, kernel);
    }
    let at = context(registers, kernel);
    let injected = inject::instruction_abort(at, vectors(kernel), at.pc, status);
    enter(injected, registers, kernel);
}

/// A debug exception of the guest's own that the hypervisor took. `address`: a watchpoint's.
#[cfg(any(test, feature = "debugger"))]
pub fn debug(taken: Esr, address: Option<u64>, registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    let injected = inject::debug(context(registers, kernel), vectors(kernel), taken, address);
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
