// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's own translation (stage 1), walked in its RAM: what lies at an address that an instruction names. Tables
//! are the guest's, so they may lie anywhere, hold anything and point to themselves: a walk reads at most four
//! descriptors, each only if it is in RAM.
//!
//! Reference: Arm ARM, D8.2 (AArch64), G5.4 (short descriptors), G5.5 (long descriptors of AArch32).

mod long;
mod short;

use crate::guest_map::RAM;
use crate::guest_ram::GuestRam;
use crate::vcpu::{KernelVcpu, VcpuReg, VcpuState, Width};

/// SCTLR_EL1, SCTLR: stage 1 is on.
const MMU_ON: u64 = 1;
/// SCTLR_EL1, SCTLR: tables, and data at EL1, are big-endian.
const BIG_ENDIAN: u64 = 1 << 25;
/// SCTLR: AP[0] of a short descriptor is an access flag.
const ACCESS_FLAG: u64 = 1 << 29;
/// TCR_EL1 of AArch32, which is TTBCR: long descriptors.
const LONG_DESCRIPTORS: u64 = 1 << 31;

/// The registers that a translation depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regime {
    width: Width,
    sctlr: u64,
    tcr: u64,
    ttbr: [u64; 2],
    dacr: u64,
}

/// Where an address leads, and who may access it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The intermediate physical address.
    pub ipa: u64,
    /// What EL1 may do.
    pub privileged: Access,
    /// What EL0 may do.
    pub user: Access,
}

/// What may be done at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing.
    None,
    /// It may be read.
    Read,
    /// It may be read and written.
    Write,
}

/// Why an address leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkError {
    /// The guest's tables do not map it.
    Unmapped,
    /// The table of this level is not in RAM.
    TableOutsideRam {
        /// 0 to 3.
        level: u8,
    },
}

impl Regime {
    /// Of a stopped vCPU.
    pub fn of(kernel: &mut impl KernelVcpu) -> Self {
        let width = kernel.width();
        let dacr = if width == Width::Aarch32 { kernel.read_state(VcpuState::Dacr) } else { 0 };
        Self {
            width,
            sctlr: kernel.read_system_register(VcpuReg::Sctlr),
            tcr: kernel.read_system_register(VcpuReg::Tcr),
            ttbr: [VcpuReg::Ttbr0, VcpuReg::Ttbr1].map(|register| kernel.read_system_register(register)),
            dacr,
        }
    }

    /// Stage 1 is off: each address leads to itself.
    pub const fn is_off(&self) -> bool {
        self.sctlr & MMU_ON == 0
    }

    /// Where an address leads.
    pub fn translate(&self, address: u64, ram: &GuestRam<'_>) -> Result<Translation, WalkError> {
        if self.is_off() {
            return Ok(Translation { ipa: address, privileged: Access::Write, user: Access::Write });
        }
        match self.width {
            Width::Aarch64 => long::aarch64(self, address, ram),
            Width::Aarch32 if self.tcr & LONG_DESCRIPTORS != 0 => long::aarch32(self, address, ram),
            Width::Aarch32 => short::translate(self, address as u32, ram),
        }
    }

    /// A descriptor of four or eight bytes, if it is in RAM.
    fn descriptor<const N: usize>(&self, ipa: u64, ram: &GuestRam<'_>) -> Option<u64> {
        let (mut bytes, mut value) = ([0; N], [0; 8]);
        if !ram.read(ipa.checked_sub(RAM)?, &mut bytes) {
            return None;
        }
        if self.sctlr & BIG_ENDIAN != 0 {
            bytes.reverse();
        }
        value[..N].copy_from_slice(&bytes);
        Some(u64::from_le_bytes(value))
    }
}

#[cfg(test)]
mod tests;
