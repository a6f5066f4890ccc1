// SPDX-License-Identifier: MIT OR Apache-2.0
//! `MDSCR_EL1`, monitor debug system control (DDI 0487), and its AArch32 face `DBGDSCRext`.

/// Software step.
pub const SS: u64 = 1 << 0;
/// Method of entry (`DBGDSCRext.MOE`): which debug exception a 32-bit EL1 took last. AArch64 has it in its syndrome.
pub const MOE: u64 = 0xf << 2;
/// EL0's accesses to the debug communications channel trap to EL1 (`DBGDSCRext.UDCCdis`).
pub const TDCC: u64 = 1 << 12;
/// Debug exceptions from EL1 itself.
pub const KDE: u64 = 1 << 13;
/// Breakpoints, watchpoints and vector catch on (`DBGDSCRext.MDBGen`).
pub const MDE: u64 = 1 << 15;
/// The channel's transmit register is full; also in `MDCCSR_EL0` and `DBGDSCRint`.
pub const TX_FULL: u64 = 1 << 29;
