// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions that a 32-bit guest takes in place of what it tried.

use crate::frame::Frame;
use crate::inject::{MMU_ON, context, vectors};
use crate::vcpu::{Vcpu, VcpuReg, VcpuState};
use arm_syndrome::Direction;
use arm_syndrome::inject32::{self, Bank, FAR_NOT_VALID, Injected};

/// The undefined-instruction exception.
pub fn undefined(frame: &mut Frame, vcpu: &mut impl Vcpu) {
    let injected = inject32::undefined(context(frame, vcpu), vectors(vcpu));
    enter(injected, frame, vcpu);
}

/// A data abort: an external abort of an access to `ipa`. FAR_EL1 is DFAR and, above it, IFAR; ESR_EL1 is DFSR. There is
/// no virtual address unless stage 1 is off.
pub fn data_abort(ipa: u64, direction: Direction, frame: &mut Frame, vcpu: &mut impl Vcpu) {
    let el1 = vectors(vcpu);
    let status = inject32::data_fault_status(direction, vcpu.read_system_register(VcpuReg::Tcr));
    let status = if el1.sctlr & MMU_ON != 0 { status | FAR_NOT_VALID } else { status };
    vcpu.write_system_register(VcpuReg::Esr, status.into());
    if el1.sctlr & MMU_ON == 0 {
        write_fault_address(0, ipa, vcpu);
    }
    let injected = inject32::data_abort(context(frame, vcpu), el1);
    enter(injected, frame, vcpu);
}

/// A prefetch abort: an external abort of the fetch at PC.
pub fn prefetch_abort(frame: &mut Frame, vcpu: &mut impl Vcpu) {
    let at = context(frame, vcpu);
    let status = inject32::fetch_fault_status(vcpu.read_system_register(VcpuReg::Tcr));
    vcpu.write_state(VcpuState::Ifsr, status.into());
    write_fault_address(32, at.pc, vcpu);
    let injected = inject32::prefetch_abort(at, vectors(vcpu));
    enter(injected, frame, vcpu);
}

/// One half of FAR_EL1.
fn write_fault_address(at: u32, address: u64, vcpu: &mut impl Vcpu) {
    const LOW: u64 = u32::MAX as u64;
    let both = vcpu.read_system_register(VcpuReg::Far);
    vcpu.write_system_register(VcpuReg::Far, both & !(LOW << at) | (address & LOW) << at);
}

fn enter(injected: Injected, frame: &mut Frame, vcpu: &mut impl Vcpu) {
    let saved = match injected.bank {
        Bank::Abort => VcpuState::SpsrAbt,
        Bank::Undefined => VcpuState::SpsrUnd,
    };
    vcpu.write_state(saved, injected.spsr);
    frame.set_x(injected.bank.link().number(), injected.link.into());
    frame.set_pc(injected.context.pc);
    frame.set_spsr(injected.context.spsr.0);
}
