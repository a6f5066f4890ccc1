// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual counter, which the kernel lets every program read.
#![allow(unsafe_code)]

/// CNTVCT_EL0.
pub fn now() -> u64 {
    #[cfg(target_os = "none")]
    {
        let value;
        // SAFETY: a read of a counter has no effect.
        unsafe { core::arch::asm!("isb", "mrs {}, cntvct_el0", out(reg) value, options(nomem, nostack)) };
        value
    }
    #[cfg(not(target_os = "none"))]
    0
}

/// Its ticks in a second.
pub fn frequency() -> u64 {
    #[cfg(target_os = "none")]
    {
        let value;
        // SAFETY: a read of a constant.
        unsafe { core::arch::asm!("mrs {}, cntfrq_el0", out(reg) value, options(nomem, nostack)) };
        value
    }
    #[cfg(not(target_os = "none"))]
    1
}
