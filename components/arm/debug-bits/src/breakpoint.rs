// SPDX-License-Identifier: MIT OR Apache-2.0
//! `DBGBCR<n>_EL1`, breakpoint control (DDI 0487).

/// Enabled.
pub const E: u64 = 1 << 0;
/// Privilege mode control: at which exception levels it matches.
pub const PMC: u64 = 0b11 << 1;
/// Byte address select, of which two bits are copies of the other two ([`copied_byte_select`]).
pub const BAS: u64 = 0xf << 5;
/// Higher mode control: it also matches at EL2.
pub const HMC: u64 = 1 << 13;
/// Security state control.
pub const SSC: u64 = 0b11 << 14;
/// The number of the breakpoint that it is linked to.
pub const LBN: u64 = 0xf << LBN_SHIFT;
/// Breakpoint type.
pub const BT: u64 = 0xf << BT_SHIFT;

const LBN_SHIFT: u32 = 16;
const BT_SHIFT: u32 = 20;

/// The types (`BT`) that a guest can have. The others compare VMIDs or `CONTEXTIDR_EL2`, which are the hypervisor's.
pub mod kind {
    /// Unlinked instruction address match.
    pub const ADDRESS: u64 = 0;
    /// Linked instruction address match.
    pub const ADDRESS_LINKED: u64 = 1;
    /// Unlinked context ID match.
    pub const CONTEXT: u64 = 2;
    /// Linked context ID match.
    pub const CONTEXT_LINKED: u64 = 3;
    /// Unlinked instruction address mismatch, AArch32 only.
    pub const MISMATCH: u64 = 4;
    /// Linked instruction address mismatch, AArch32 only.
    pub const MISMATCH_LINKED: u64 = 5;
}

/// The type in a control value.
pub const fn bt(control: u64) -> u64 {
    (control & BT) >> BT_SHIFT
}

/// The number of the linked breakpoint in a control value.
pub const fn lbn(control: u64) -> u8 {
    ((control & LBN) >> LBN_SHIFT) as u8
}

/// A control value as the register holds it: of `BAS`, bits 3 and 1 are copies of bits 2 and 0.
pub const fn copied_byte_select(control: u64) -> u64 {
    let even = control & 0b0101 << 5;
    control & !(0b1010 << 5) | even << 1
}
