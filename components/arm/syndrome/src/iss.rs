// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fields of `ESR_EL2` by mask and position, for code that must not decode more than it needs.

use crate::Class;

/// Where the exception class is.
pub const CLASS_SHIFT: u32 = 26;
/// Data abort: the syndrome describes the instruction.
pub const ISV: u64 = 1 << 24;
/// Data abort: of a write.
pub const WNR: u64 = 1 << 6;
/// Abort: a stage 2 fault on a stage 1 table walk.
pub const S1PTW: u64 = 1 << 7;
/// Abort: the fault status, DFSC or IFSC.
pub const STATUS_MASK: u64 = 0x3f;
/// Data abort: where the number of the register is that is loaded or stored.
pub const SRT_SHIFT: u32 = 16;
/// Trapped access to a system register or coprocessor: where the register's number is.
pub const RT_SHIFT: u32 = 5;

/// The number of the general-purpose register that a syndrome names: Rt of a trapped access or of a data abort, x0 of a
/// call by HVC or SMC; 31 for none.
#[inline(always)]
pub const fn named_register(esr: u64) -> usize {
    const NONE: usize = 31;
    const DATA_ABORT: u8 = Class::DATA_ABORT_LOWER.value();
    const CP15: u8 = Class::CP15_32.value();
    const CP14: u8 = Class::CP14_32.value();
    const SYS_REG: u8 = Class::SYS_REG.value();
    const HVC32: u8 = Class::HVC32.value();
    const HVC64: u8 = Class::HVC64.value();
    const SMC32: u8 = Class::SMC32.value();
    const SMC64: u8 = Class::SMC64.value();
    let at = match (esr >> CLASS_SHIFT) as u8 {
        DATA_ABORT if esr & ISV != 0 => SRT_SHIFT,
        CP15 | CP14 | SYS_REG => RT_SHIFT,
        HVC32 | HVC64 | SMC32 | SMC64 => return 0,
        _ => return NONE,
    };
    (esr >> at & 31) as usize
}
