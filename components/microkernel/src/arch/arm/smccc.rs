// SPDX-License-Identifier: MIT OR Apache-2.0
//! Firmware's remedies against what one guest teaches a branch predictor for the next: Arm's SMC calling convention
//! (DEN0028) with SMCCC_ARCH_WORKAROUND_1 and 3. Which exist, firmware says.

/// Functions by their numbers; PSCI's are those of SMC32.
mod function {
    pub const PSCI_VERSION: u32 = 0x8400_0000;
    pub const PSCI_FEATURES: u32 = 0x8400_000a;
    pub const VERSION: u32 = 0x8000_0000;
    pub const ARCH_FEATURES: u32 = 0x8000_0001;
    /// Against CVE-2017-5715.
    pub const WORKAROUND_1: u32 = 0x8000_8000;
    /// The same, and against CVE-2022-23960.
    pub const WORKAROUND_3: u32 = 0x8000_3fff;
}
use function::{ARCH_FEATURES, PSCI_FEATURES, PSCI_VERSION, VERSION, WORKAROUND_1, WORKAROUND_3};

/// PSCI 1.0 has PSCI_FEATURES.
const PSCI_1_0: i32 = 0x1_0000;
/// Version 1.1 of the calling convention has ARCH_FEATURES.
const SMCCC_1_1: i32 = 0x1_0001;
/// ARCH_FEATURES of a remedy that this core needs; 1 is one that it does not need, less is none.
const NEEDED: i32 = 0;

/// The function to call between two guests, by what firmware answers to a function and its argument. Each question is
/// asked only when an answer before says that it may be.
pub fn remedy(call: impl Fn(u32, u32) -> i32) -> Option<u32> {
    let knows = call(PSCI_VERSION, 0) >= PSCI_1_0 && call(PSCI_FEATURES, VERSION) >= 0 && call(VERSION, 0) >= SMCCC_1_1;
    let needs = |remedy: &u32| call(ARCH_FEATURES, *remedy) == NEEDED;
    [WORKAROUND_3, WORKAROUND_1].into_iter().filter(|_| knows).find(needs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::RefCell;
    use std::vec::Vec;

    const NOT_SUPPORTED: i32 = -1;

    /// What is chosen, and what was asked.
    fn ask(psci: i32, smccc: i32, one: i32, three: i32) -> (Option<u32>, usize) {
        let asked = RefCell::new(Vec::new());
        let chosen = remedy(|function, argument| {
            asked.borrow_mut().push(function);
            match (function, argument) {
                (PSCI_VERSION, _) => psci,
                (PSCI_FEATURES, VERSION) => {
                    if smccc > 0 {
                        0
                    } else {
                        NOT_SUPPORTED
                    }
                }
                (VERSION, _) => smccc,
                (ARCH_FEATURES, WORKAROUND_1) => one,
                (ARCH_FEATURES, WORKAROUND_3) => three,
                other => panic!("{other:x?}"),
            }
        });
        let asked = asked.into_inner().len();
        (chosen, asked)
    }

    #[test]
    fn the_newest_that_is_needed() {
        assert_eq!(ask(PSCI_1_0, SMCCC_1_1, 0, 0).0, Some(WORKAROUND_3));
        assert_eq!(ask(PSCI_1_0, SMCCC_1_1, 0, NOT_SUPPORTED).0, Some(WORKAROUND_1));
        assert_eq!(ask(PSCI_1_0, SMCCC_1_1, 0, 1).0, Some(WORKAROUND_1));
        assert_eq!(ask(PSCI_1_0, SMCCC_1_1, 1, 1).0, None);
        assert_eq!(ask(PSCI_1_0, SMCCC_1_1, NOT_SUPPORTED, NOT_SUPPORTED).0, None);
    }

    #[test]
    fn old_firmware_is_not_asked_what_it_does_not_know() {
        assert_eq!(ask(2, SMCCC_1_1, 0, 0), (None, 1));
        assert_eq!(ask(PSCI_1_0, 0, 0, 0), (None, 2));
        assert_eq!(ask(PSCI_1_0, 0x1_0000, 0, 0), (None, 3));
    }
}
