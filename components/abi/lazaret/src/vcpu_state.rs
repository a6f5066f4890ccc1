// SPDX-License-Identifier: MIT OR Apache-2.0
//! The width of a vCPU's EL1, and the registers that only a 32-bit EL1 has.

/// What [`crate::VCPU_STATE_READ`] and [`crate::VCPU_STATE_WRITE`] reach: the width of EL1, and what only a 32-bit EL1 has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum VcpuState {
    /// [`AARCH64`] or [`AARCH32`]; any write takes the vCPU's debug registers back to their reset values. A core whose
    /// EL1 has no AArch32 answers a write of [`AARCH32`] with `RangeError`: only 0 to 0 is possible.
    Width,
    /// `DACR32_EL2`: DACR.
    Dacr,
    /// `IFSR32_EL2`: IFSR.
    Ifsr,
    /// `FPEXC32_EL2`: FPEXC.
    Fpexc,
    /// `SPSR_abt`.
    SpsrAbt,
    /// `SPSR_und`.
    SpsrUnd,
    /// `SPSR_irq`.
    SpsrIrq,
    /// `SPSR_fiq`.
    SpsrFiq,
}

/// [`VcpuState::Width`]: EL1 is AArch64, as in a fresh vCPU.
pub const AARCH64: u64 = 0;
/// [`VcpuState::Width`]: EL1 and EL0 are AArch32.
pub const AARCH32: u64 = 1;

impl VcpuState {
    /// All of them, by number.
    pub const ALL: [Self; 8] =
        [Self::Width, Self::Dacr, Self::Ifsr, Self::Fpexc, Self::SpsrAbt, Self::SpsrUnd, Self::SpsrIrq, Self::SpsrFiq];

    /// The one that a word names.
    pub const fn from_word(word: u64) -> Option<Self> {
        if word < Self::ALL.len() as u64 { Some(Self::ALL[word as usize]) } else { None }
    }
}
