// SPDX-License-Identifier: MIT OR Apache-2.0
//! The physical timer.

use super::{instruction, mcr, mrc};

/// Its interrupt.
pub const INTID: u32 = 30;
/// CNTP_CTL: on; its time is over.
pub const ENABLE: u32 = 1;
pub const STATUS: u32 = 4;

/// `MRRC` of coprocessor 15's c14.
macro_rules! mrrc {
    ($opc1:literal) => {{
        let (low, high): (u32, u32);
        // SAFETY: reading has no effect on memory; an undefined register is the exception handler's matter.
        unsafe {
            core::arch::asm!(concat!("mrrc p15, ", $opc1, ", {}, {}, c14"), out(reg) low, out(reg) high, options(nostack));
        }
        u64::from(high) << 32 | u64::from(low)
    }};
}

/// CNTPCT.
pub fn count() -> u64 {
    instruction!("isb");
    mrrc!(0)
}

/// CNTVCT, which is no exit.
pub fn virtual_count() -> u64 {
    instruction!("isb");
    mrrc!(1)
}

/// CNTP_CVAL.
pub fn end() -> u64 {
    mrrc!(2)
}

/// Sets that.
pub fn set_end(count: u64) {
    let (low, high) = (count as u32, (count >> 32) as u32);
    // SAFETY: the timer's registers, which touch no memory.
    unsafe { core::arch::asm!("mcrr p15, 2, {}, {}, c14", in(reg) low, in(reg) high, options(nostack)) }
}

/// Sets CNTP_TVAL.
pub fn set_value(ticks: u32) {
    mcr!("p15, 0", "c14, c2, 0", ticks);
}

/// CNTP_CTL.
pub fn control() -> u32 {
    mrc!("p15, 0", "c14, c2, 1")
}

/// Sets that.
pub fn set_control(control: u32) {
    mcr!("p15, 0", "c14, c2, 1", control);
    instruction!("isb");
}

/// CNTFRQ.
pub fn frequency() -> u32 {
    mrc!("p15, 0", "c14, c0, 0")
}
