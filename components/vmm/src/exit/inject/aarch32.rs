// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions that a 32-bit guest takes in place of what it tried.

use super::{context, vectors};
use crate::vcpu::{GuestRegisters, KernelVcpu, VcpuReg, VcpuState};
use arm_syndrome::FaultStatus;
use arm_syndrome::inject::DataFault;
use arm_syndrome::inject32::{self, Bank, FAR_NOT_VALID, Injected};

/// The undefined-instruction exception.
pub fn undefined(registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    let injected = inject32::undefined(context(registers, kernel), vectors(kernel));
    enter(injected, registers, kernel);
}

/// A data abort. FAR_EL1 is DFAR and, above it, IFAR; ESR_EL1 is DFSR.
pub fn data_abort(
    address: Option<u64>,
    fault: DataFault,
    registers: &mut GuestRegisters,
    kernel: &mut impl KernelVcpu,
) {
    let status = inject32::data_fault_status(fault, kernel.read_system_register(VcpuReg::Tcr));
    let status = if address.is_none() { status | FAR_NOT_VALID } else { status };
    kernel.write_system_register(VcpuReg::Esr, status.into());
    if let Some(address) = address {
        write_fault_address(0, address, kernel);
    }
    let injected = inject32::data_abort(context(registers, kernel), vectors(kernel));
    enter(injected, registers, kernel);
}

/// A prefetch abort at PC.
pub fn prefetch_abort(status: FaultStatus, registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    let at = context(registers, kernel);
    let status = inject32::fetch_fault_status(status, kernel.read_system_register(VcpuReg::Tcr));
    kernel.write_state(VcpuState::Ifsr, status.into());
    write_fault_address(32, at.pc, kernel);
    let injected = inject32::prefetch_abort(at, vectors(kernel));
    enter(injected, registers, kernel);
}

/// One half of FAR_EL1.
fn write_fault_address(at: u32, address: u64, kernel: &mut impl KernelVcpu) {
    const LOW: u64 = u32::MAX as u64;
    let both = kernel.read_system_register(VcpuReg::Far);
    kernel.write_system_register(VcpuReg::Far, both & !(LOW << at) | (address & LOW) << at);
}

fn enter(injected: Injected, registers: &mut GuestRegisters, kernel: &mut impl KernelVcpu) {
    let saved = match injected.bank {
        Bank::Abort => VcpuState::SpsrAbt,
        Bank::Undefined => VcpuState::SpsrUnd,
    };
    kernel.write_state(saved, injected.spsr);
    registers.set_x(injected.bank.link().number(), injected.link.into());
    registers.set_pc(injected.context.pc);
    registers.set_spsr(injected.context.spsr.0);
}
