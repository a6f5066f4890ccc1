// SPDX-License-Identifier: MIT OR Apache-2.0
//! Giving an AArch32 EL1 an exception: exception entry, carried out by software.

use crate::inject::{DataFault, Vectors};
use crate::{Context, FaultStatus, Register, Spsr};

/// Which mode takes the exception; its bank gets the link and the saved status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    /// Abort mode: R14_abt is X20.
    Abort,
    /// Undefined mode: R14_und is X22.
    Undefined,
}

impl Bank {
    /// The link register in the AArch64 view.
    pub const fn link(self) -> Register {
        match self {
            Self::Abort => Register::new(20),
            Self::Undefined => Register::new(22),
        }
    }

    const fn mode(self) -> u64 {
        match self {
            Self::Abort => 0x17,
            Self::Undefined => 0x1b,
        }
    }
}

/// What to write to the guest's registers. The trapped instruction has not been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injected {
    /// Where the guest goes on: PC and CPSR.
    pub context: Context,
    /// Whose link register and SPSR are written.
    pub bank: Bank,
    /// The link register.
    pub link: u32,
    /// The SPSR.
    pub spsr: u64,
}

/// SCTLR.V: vectors at 0xffff_0000.
const HIGH_VECTORS: u64 = 1 << 13;
/// SCTLR.SPAN: 0 has every exception set PAN.
const SPAN: u64 = 1 << 23;
/// SCTLR.EE: exceptions are taken big-endian.
const EE: u64 = 1 << 25;
/// SCTLR.TE: exceptions are taken in T32.
const TE: u64 = 1 << 30;

/// DFSR and IFSR with long descriptors: bit 9, and the six bits of a fault status.
const LPAE: u32 = 1 << 9;
/// TTBCR.EAE: long descriptors.
const EAE: u64 = 1 << 31;
/// DFSR.WnR.
const WNR: u32 = 1 << 11;
/// DFSR.FnV, IFSR.FnV: the fault address register holds nothing.
pub const FAR_NOT_VALID: u32 = 1 << 16;

/// The instruction is undefined. The link is the next instruction of A32; behind the first halfword in T32.
pub const fn undefined(at: Context, el1: Vectors) -> Injected {
    enter(at, el1, Bank::Undefined, 0x04, if at.spsr.is_thumb() { 2 } else { 4 })
}

/// A fetch found nothing.
pub const fn prefetch_abort(at: Context, el1: Vectors) -> Injected {
    enter(at, el1, Bank::Abort, 0x0c, 4)
}

/// A load or store found nothing.
pub const fn data_abort(at: Context, el1: Vectors) -> Injected {
    enter(at, el1, Bank::Abort, 0x10, 8)
}

/// DFSR; `ttbcr` is `TCR_EL1`.
pub const fn data_fault_status(fault: DataFault, ttbcr: u64) -> u32 {
    fetch_fault_status(fault.status, ttbcr) | if fault.direction.is_read() { 0 } else { WNR }
}

/// IFSR; `ttbcr` is `TCR_EL1`.
pub const fn fetch_fault_status(status: FaultStatus, ttbcr: u64) -> u32 {
    if ttbcr & EAE != 0 { LPAE | status.value() as u32 } else { short(status) }
}

/// FS with short descriptors, of which bit 4 is bit 10 (Arm ARM, G5.11.2).
const fn short(status: FaultStatus) -> u32 {
    const EXTERNAL: u32 = 0b01000;
    match status {
        FaultStatus::ALIGNMENT => 0b00001,
        FaultStatus::UNSUPPORTED_EXCLUSIVE => 1 << 10 | 0b0101,
        // On a walk, at level 1 or 2.
        status if status.value() >> 2 == 0b0101 => 0b01100 | (status.value() as u32 & 0b10),
        _ => EXTERNAL,
    }
}

const fn enter(at: Context, el1: Vectors, bank: Bank, offset: u64, link: u64) -> Injected {
    let base = if el1.sctlr & HIGH_VECTORS != 0 { 0xffff_0000 } else { el1.vbar & 0xffff_ffe0 };
    Injected {
        context: Context { pc: base + offset, spsr: entry_state(at.spsr, el1, bank) },
        bank,
        link: at.pc.wrapping_add(link) as u32,
        spsr: at.spsr.0 & u32::MAX as u64,
    }
}

/// CPSR on arrival: the flags stay, ITSTATE, IL and SS go, T and E are SCTLR's; I is set, A as well by an abort.
const fn entry_state(from: Spsr, el1: Vectors, bank: Bank) -> Spsr {
    const Q_AND_GE: u64 = 1 << 27 | 0xf << 16;
    let kept = from.0 & (Spsr::NZCV | Q_AND_GE | Spsr::A | Spsr::F | Spsr::PAN);
    let masked = match bank {
        Bank::Abort => Spsr::A | Spsr::I,
        Bank::Undefined => Spsr::I,
    };
    let thumb = if el1.sctlr & TE != 0 { Spsr::T } else { 0 };
    let big = if el1.sctlr & EE != 0 { Spsr::E } else { 0 };
    let pan = if el1.sctlr & SPAN == 0 { Spsr::PAN } else { 0 };
    Spsr(kept | masked | thumb | big | pan | bank.mode())
}
