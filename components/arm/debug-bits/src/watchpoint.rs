// SPDX-License-Identifier: MIT OR Apache-2.0
//! `DBGWCR<n>_EL1`, watchpoint control (DDI 0487).

/// Enabled.
pub const E: u64 = 1 << 0;
/// Privilege access control: of which exception levels it watches accesses.
pub const PAC: u64 = 0b11 << 1;
/// Load/store control: which of the two it watches.
pub const LSC: u64 = 0b11 << 3;
/// Byte address select: which bytes of the doubleword it watches.
pub const BAS: u64 = 0xff << 5;
/// Higher mode control: it also watches EL2's accesses.
pub const HMC: u64 = 1 << 13;
/// Security state control.
pub const SSC: u64 = 0b11 << 14;
/// The number of the breakpoint that it is linked to.
pub const LBN: u64 = 0xf << LBN_SHIFT;
/// Watchpoint type: it is linked to a breakpoint.
pub const WT: u64 = 1 << 20;
/// How many low address bits are not compared.
pub const MASK: u64 = 0x1f << 24;

const LBN_SHIFT: u32 = 16;

/// The number of the linked breakpoint in a control value.
pub const fn lbn(control: u64) -> u8 {
    ((control & LBN) >> LBN_SHIFT) as u8
}
