// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a program ends that cannot go on.
#![cfg(target_os = "none")]
#![allow(unsafe_code)]

/// Faults, again whenever somebody lets it go on: the fault tells the thread's handler that the program has ended, and a
/// thread without a handler stays stopped.
pub fn stop() -> ! {
    loop {
        // SAFETY: an undefined instruction hands the thread over to its fault handler and changes nothing else.
        unsafe { core::arch::asm!("udf #0", options(nomem, nostack)) };
    }
}
