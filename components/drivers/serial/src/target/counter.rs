// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual counter, which the kernel lets every program read; native programs see it without an offset.
#![allow(unsafe_code)]

/// CNTVCT_EL0.
pub fn now() -> u64 {
    let value;
    // SAFETY: a read of a counter has no effect; the barrier keeps it from being early.
    unsafe { core::arch::asm!("isb", "mrs {}, cntvct_el0", out(reg) value, options(nomem, nostack)) };
    value
}

/// Its ticks in a second.
pub fn frequency() -> u64 {
    let value;
    // SAFETY: a read of a constant, allowed wherever the counter is.
    unsafe { core::arch::asm!("mrs {}, cntfrq_el0", out(reg) value, options(nomem, nostack)) };
    value
}
