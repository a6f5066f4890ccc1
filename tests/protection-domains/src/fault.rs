// SPDX-License-Identifier: MIT OR Apache-2.0
//! A fault on purpose.
#![allow(unsafe_code)]

/// Nothing is mapped there.
pub const NOWHERE: u64 = 0x1000;

/// Reads from where nothing is mapped.
pub fn fault() -> ! {
    // SAFETY: an address that no object has; the read ends in the fault handler.
    unsafe { core::arch::asm!("ldr {0}, [{0}]", inout(reg) NOWHERE => _, options(nostack, readonly)) };
    panic!("a read of {NOWHERE:#x} came back");
}
