// SPDX-License-Identifier: MIT OR Apache-2.0
//! Giving an AArch64 EL1 an exception: exception entry, carried out by software.

use crate::{Class, Context, Direction, Esr, FaultStatus, Mode, Spsr};

/// What of EL1 decides where an exception goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectors {
    /// `VBAR_EL1`.
    pub vbar: u64,
    /// `SCTLR_EL1`.
    pub sctlr: u64,
}

/// What to write to the guest's registers. The trapped instruction has not been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injected {
    /// Where the guest goes on: PC and PSTATE.
    pub context: Context,
    /// `ELR_EL1`.
    pub elr: u64,
    /// `SPSR_EL1`.
    pub spsr: u64,
    /// `ESR_EL1`.
    pub esr: Esr,
    /// `FAR_EL1`, unless it keeps its value.
    pub far: Option<u64>,
}

/// Why a load or store failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFault {
    /// DFSC.
    pub status: FaultStatus,
    /// WnR.
    pub direction: Direction,
}

/// SCTLR_EL1.SPAN: 0 has every exception to EL1 set PAN (RES1 where there is no PAN).
const SPAN: u64 = 1 << 23;
/// EL1 with SP_EL1.
const EL1H: u64 = 0b00101;
/// WnR: it was a write.
const WNR: u32 = 1 << 6;
/// FnV: FAR_EL1 holds nothing.
const FAR_NOT_VALID: u32 = 1 << 10;

/// The instruction is undefined.
pub const fn undefined(at: Context, el1: Vectors) -> Injected {
    enter(at, el1, Esr::from_fields(Class::UNKNOWN, true, 0), None)
}

/// The access at `far` failed. `None`: FAR_EL1 keeps its value, and the guest is told that it holds nothing (FnV), which
/// only an external abort may have.
pub const fn data_abort(
    at: Context,
    el1: Vectors,
    far: Option<u64>,
    fault: DataFault,
    is_32_bit_instruction: bool,
) -> Injected {
    let class = if at.spsr.is_el0() { Class::DATA_ABORT_LOWER } else { Class::DATA_ABORT_SAME };
    let wnr = if fault.direction.is_read() { 0 } else { WNR };
    let invalid = if far.is_none() { FAR_NOT_VALID } else { 0 };
    let iss = fault.status.value() as u32 | wnr | invalid;
    enter(at, el1, Esr::from_fields(class, is_32_bit_instruction, iss), far)
}

/// The fetch at `far` failed.
pub const fn instruction_abort(at: Context, el1: Vectors, far: u64, status: FaultStatus) -> Injected {
    let class = if at.spsr.is_el0() { Class::INSTRUCTION_ABORT_LOWER } else { Class::INSTRUCTION_ABORT_SAME };
    enter(at, el1, Esr::from_fields(class, true, status.value() as u32), Some(far))
}

/// A debug exception that the hypervisor took from the guest, with the same ISS (D24.2.40, ESR_EL1). `far`: what a
/// watchpoint was hit by.
pub const fn debug(at: Context, el1: Vectors, taken: Esr, far: Option<u64>) -> Injected {
    let class = match taken.class() {
        Class::BREAKPOINT_LOWER if !at.spsr.is_el0() => Class::BREAKPOINT_SAME,
        Class::STEP_LOWER if !at.spsr.is_el0() => Class::STEP_SAME,
        Class::WATCHPOINT_LOWER if !at.spsr.is_el0() => Class::WATCHPOINT_SAME,
        class => class,
    };
    enter(at, el1, Esr::from_fields(class, taken.is_32_bit_instruction(), taken.iss()), far)
}

const fn enter(at: Context, el1: Vectors, esr: Esr, far: Option<u64>) -> Injected {
    let pc = (el1.vbar & !0x7ff) + vector_offset(at.spsr);
    Injected { context: Context { pc, spsr: entry_state(at.spsr, el1) }, elr: at.pc, spsr: at.spsr.0, esr, far }
}

/// The synchronous slot of the group that the exception comes from.
const fn vector_offset(from: Spsr) -> u64 {
    match from.mode() {
        Mode::El1t => 0x000,
        Mode::El0 => 0x400,
        Mode::Aarch32(_) => 0x600,
        Mode::El1h | Mode::Other => 0x200,
    }
}

/// PSTATE on arrival: EL1h, everything masked; the flags stay, SS, IL, UAO and BTYPE go.
const fn entry_state(from: Spsr, el1: Vectors) -> Spsr {
    let pan = if el1.sctlr & SPAN == 0 { Spsr::PAN } else { from.0 & Spsr::PAN };
    Spsr(from.0 & Spsr::NZCV | pan | Spsr::DAIF | EL1H)
}
