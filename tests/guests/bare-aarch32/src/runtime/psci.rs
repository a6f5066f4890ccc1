// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two firmware calls that the guest makes.

use core::arch::asm;

const PSCI_VERSION: u32 = 0x8400_0000;
const SYSTEM_OFF: u32 = 0x8400_0008;

/// The cheapest exit there is.
pub fn version() -> u32 {
    call(PSCI_VERSION)
}

/// Ends the machine.
pub fn system_off() -> ! {
    call(SYSTEM_OFF);
    loop {
        super::instruction!("wfi");
    }
}

fn call(function: u32) -> u32 {
    let result;
    // SAFETY: SMCCC: r0 to r3 may change, memory does not.
    unsafe {
        asm!(".arch_extension virt", "hvc #0", inout("r0") function => result, out("r1") _, out("r2") _, out("r3") _,
            options(nostack));
    }
    result
}
