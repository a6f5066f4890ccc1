// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls that the guest makes.

use core::arch::asm;

const PSCI_VERSION: u64 = 0x8400_0000;
/// A vendor's hypervisor service that nobody has.
const UNKNOWN: u64 = 0x8600_fff0;
const CPU_ON: u64 = 0xc400_0003;
const SYSTEM_OFF: u64 = 0x8400_0008;
const SYSTEM_RESET: u64 = 0x8400_0009;
/// A word of RAM that nothing else uses, 15 MiB behind its start.
const LEFT: usize = 0x40f0_0000;

/// The cheapest exit there is.
#[inline(always)]
pub fn version() -> u64 {
    call(PSCI_VERSION)
}

/// A call that is refused.
#[inline(always)]
pub fn unknown() -> u64 {
    call(UNKNOWN)
}

/// A call with an argument.
pub fn call_with(function: u64, argument: u64) -> u64 {
    let result;
    // SAFETY: SMCCC: x0 to x17 may change, memory does not.
    unsafe {
        asm!("hvc #0", inout("x0") function => result,
            inout("x1") argument => _, out("x2") _, out("x3") _, out("x4") _, out("x5") _, out("x6") _, out("x7") _,
            out("x8") _, out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _, out("x14") _,
            out("x15") _, out("x16") _, out("x17") _, options(nostack));
    }
    result
}

/// Starts another vCPU with `context` in X0.
pub fn cpu_on(cpu: u64, entry: u64, context: u64) -> u64 {
    let result;
    // SAFETY: SMCCC, as above.
    unsafe {
        asm!("hvc #0", inout("x0") CPU_ON => result, inout("x1") cpu => _, inout("x2") entry => _,
            inout("x3") context => _, out("x4") _, out("x5") _, out("x6") _, out("x7") _, out("x8") _,
            out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _, out("x14") _, out("x15") _,
            out("x16") _, out("x17") _, options(nostack));
    }
    result
}

/// Ends the machine.
pub fn system_off() -> ! {
    call(SYSTEM_OFF);
    loop {
        super::instruction!("wfi");
    }
}

/// Starts the machine again.
pub fn reset() -> ! {
    call(SYSTEM_RESET);
    loop {
        super::instruction!("wfi");
    }
}

/// What [`leave_for_reset`] left: a reset loads the image, and leaves other RAM as it is.
pub fn left_by_reset() -> u64 {
    // SAFETY: RAM of the guest's that is in no section and on no stack.
    unsafe { (LEFT as *const u64).read_volatile() }
}

/// Leaves a word for the next start of the machine.
pub fn leave_for_reset(word: u64) {
    // SAFETY: as in `left_by_reset`.
    unsafe { (LEFT as *mut u64).write_volatile(word) }
}

#[inline(always)]
fn call(function: u64) -> u64 {
    let result;
    // SAFETY: SMCCC: x0 to x17 may change, memory does not.
    unsafe {
        asm!("hvc #0", inout("x0") function => result,
            out("x1") _, out("x2") _, out("x3") _, out("x4") _, out("x5") _, out("x6") _, out("x7") _, out("x8") _,
            out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _, out("x14") _, out("x15") _,
            out("x16") _, out("x17") _, options(nostack));
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
    /// SMC with an immediate of 1.
    Smc1,
}

/// What x0 to x3 are after a call with these.
pub fn registers_after(conduit: Conduit, [mut a, mut b, mut c, mut d]: [u64; 4]) -> [u64; 4] {
    macro_rules! by {
        ($instruction:literal) => {
            // SAFETY: SMCCC: x0 to x17 may change, memory does not.
            unsafe {
                asm!($instruction, inout("x0") a, inout("x1") b, inout("x2") c, inout("x3") d, out("x4") _, out("x5") _,
                    out("x6") _, out("x7") _, out("x8") _, out("x9") _, out("x10") _, out("x11") _, out("x12") _,
                    out("x13") _, out("x14") _, out("x15") _, out("x16") _, out("x17") _, options(nostack))
            }
        };
    }
    match conduit {
        Conduit::Hvc => by!("hvc #0"),
        Conduit::Smc => by!("smc #0"),
        Conduit::Hvc1 => by!("hvc #1"),
        Conduit::Smc1 => by!("smc #1"),
    }
    [a, b, c, d]
}
