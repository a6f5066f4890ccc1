// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls that the guest makes.

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

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduit {
    /// HVC.
    Hvc,
    /// SMC.
    Smc,
    /// HVC with an immediate of 1.
    Hvc1,
}

/// What r0 to r3 are after a call with these.
pub fn registers_after(conduit: Conduit, [mut a, mut b, mut c, mut d]: [u32; 4]) -> [u32; 4] {
    macro_rules! by {
        ($extension:literal, $instruction:literal) => {
            // SAFETY: SMCCC: r0 to r3 may change, memory does not.
            unsafe {
                asm!($extension, $instruction, inout("r0") a, inout("r1") b, inout("r2") c, inout("r3") d,
                    options(nostack))
            }
        };
    }
    match conduit {
        Conduit::Hvc => by!(".arch_extension virt", "hvc #0"),
        Conduit::Smc => by!(".arch_extension sec", "smc #0"),
        Conduit::Hvc1 => by!(".arch_extension virt", "hvc #1"),
    }
    [a, b, c, d]
}
