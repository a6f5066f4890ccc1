// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of the firmware at EL3.

use super::Core;
use crate::arch::arm::smccc;

/// An SMC. The machine's description says that there is firmware, and that it is called so.
fn call(function: u32, argument: u32) -> i32 {
    let result: u64;
    // SAFETY: a call by Arm's SMC calling convention of a function that changes no memory of ours; x0 to x17 are given up.
    unsafe {
        core::arch::asm!("smc #0", inlateout("x0") u64::from(function) => result, inlateout("x1") u64::from(argument) => _,
            inlateout("x2") 0u64 => _, inlateout("x3") 0u64 => _, out("x4") _, out("x5") _, out("x6") _, out("x7") _,
            out("x8") _, out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _, out("x14") _,
            out("x15") _, out("x16") _, out("x17") _, options(nostack));
    }
    result as i32
}

impl Core {
    /// Asks the firmware for a remedy against what guests teach the branch predictor: its function. From here on it is
    /// called between any two guests.
    pub fn find_remedy(&self) -> Option<u32> {
        self.remedy.set(smccc::remedy(call));
        self.remedy.get()
    }

    /// Another guest takes the core.
    #[inline(always)]
    pub(super) fn forget_predictions(&self) {
        if let Some(function) = self.remedy.get() {
            call(function, 0);
        }
    }
}
