// SPDX-License-Identifier: MIT OR Apache-2.0
//! Exceptions that the guest takes at EL1 in place of what it tried; `inject32` has those of a 32-bit EL1.

use crate::frame::Frame;
use crate::inject32;
use crate::vcpu::{Vcpu, VcpuReg, Width};
use arm_syndrome::inject::{self, Injected, Vectors};
use arm_syndrome::{Context, Direction, Esr, Spsr};

/// ISS bit: FAR_EL1 holds nothing.
const FAR_NOT_VALID: u32 = 1 << 10;
/// SCTLR_EL1: stage 1 is on.
pub(crate) const MMU_ON: u64 = 1;

/// The undefined-instruction exception.
pub fn undefined(frame: &mut Frame, vcpu: &mut impl Vcpu) {
    if vcpu.width() == Width::Aarch32 {
        return inject32::undefined(frame, vcpu);
    }
    let injected = inject::undefined(context(frame, vcpu), vectors(vcpu));
    enter(injected, frame, vcpu);
}

/// A synchronous external abort on a load or store to `ipa`. The fault message has no virtual address, so the
/// guest is told that there is none, unless its stage 1 is off.
pub fn data_abort(ipa: u64, direction: Direction, trapped: Esr, frame: &mut Frame, vcpu: &mut impl Vcpu) {
    if vcpu.width() == Width::Aarch32 {
        return inject32::data_abort(ipa, direction, frame, vcpu);
    }
    let el1 = vectors(vcpu);
    let mut injected = inject::data_abort(context(frame, vcpu), el1, ipa, direction, trapped);
    if el1.sctlr & MMU_ON != 0 {
        let iss = injected.esr.iss() | FAR_NOT_VALID;
        injected.esr = Esr::from_fields(injected.esr.class(), injected.esr.is_32_bit_instruction(), iss);
        injected.far = None;
    }
    enter(injected, frame, vcpu);
}

/// A synchronous external abort on the fetch of the instruction at PC.
pub fn instruction_abort(frame: &mut Frame, vcpu: &mut impl Vcpu) {
    if vcpu.width() == Width::Aarch32 {
        return inject32::prefetch_abort(frame, vcpu);
    }
    let at = context(frame, vcpu);
    let injected = inject::instruction_abort(at, vectors(vcpu), at.pc);
    enter(injected, frame, vcpu);
}

/// Go on after the trapped instruction.
#[inline]
pub fn advance(trapped: Esr, frame: &mut Frame, vcpu: &mut impl Vcpu) {
    let next = context(frame, vcpu).advance(trapped);
    frame.set_pc(next.pc);
    frame.set_spsr(next.spsr.0);
}

pub(crate) fn context(frame: &mut Frame, vcpu: &mut impl Vcpu) -> Context {
    Context { pc: frame.pc(vcpu), spsr: Spsr(frame.spsr(vcpu)) }
}

pub(crate) fn vectors(vcpu: &mut impl Vcpu) -> Vectors {
    Vectors { vbar: vcpu.read_system_register(VcpuReg::Vbar), sctlr: vcpu.read_system_register(VcpuReg::Sctlr) }
}

fn enter(injected: Injected, frame: &mut Frame, vcpu: &mut impl Vcpu) {
    vcpu.write_system_register(VcpuReg::ElrEl1, injected.elr);
    vcpu.write_system_register(VcpuReg::SpsrEl1, injected.spsr);
    vcpu.write_system_register(VcpuReg::Esr, injected.esr.value());
    if let Some(far) = injected.far {
        vcpu.write_system_register(VcpuReg::Far, far);
    }
    frame.set_pc(injected.context.pc);
    frame.set_spsr(injected.context.spsr.0);
}
