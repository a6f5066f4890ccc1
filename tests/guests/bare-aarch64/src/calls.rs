// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls by HVC and SMC, and what the calling convention and PSCI say that they answer. For guests of both widths.

/// A call and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The function's number.
    pub function: u32,
    /// What is in x1 and x2. A 32-bit guest has the lower halves.
    pub arguments: [u64; 2],
    /// The answer in w0 to a 64-bit caller.
    pub answer: i32,
}

const fn call(function: u32, arguments: [u64; 2], answer: i32) -> Call {
    Call { function, arguments, answer }
}

/// What nobody may take for a part of an argument.
pub const NOISE: u64 = 0xdead_beef_0000_0000;
/// NOT_SUPPORTED.
pub const NOT_SUPPORTED: i32 = -1;
const INVALID_PARAMETERS: i32 = -2;
const ALREADY_ON: i32 = -4;

const CPU_ON: u32 = 0x8400_0003;
const CPU_ON_64: u32 = 0xc400_0003;
const AFFINITY: u32 = 0x8400_0004;
const AFFINITY_64: u32 = 0xc400_0004;
const FEATURES: u32 = 0x8400_000a;
const ARCH_FEATURES: u32 = 0x8000_0001;

/// All of them; none stops the guest.
pub const CALLS: &[Call] = &[
    call(0x8400_0000, [NOISE, NOISE], 0x1_0001),
    call(0xc400_0000, [0, 0], NOT_SUPPORTED),
    call(0x8000_0000, [NOISE, 0], 0x1_0001),
    call(0x8400_0006, [NOISE, 7], 2),
    // The only CPU is on.
    call(CPU_ON, [0, 0x4000_8000], ALREADY_ON),
    call(CPU_ON, [NOISE, 0x4000_8000], ALREADY_ON),
    call(CPU_ON, [1, 0], INVALID_PARAMETERS),
    call(CPU_ON, [1 << 31, 0], INVALID_PARAMETERS),
    call(CPU_ON_64, [0, 0x4000_8000], ALREADY_ON),
    call(CPU_ON_64, [1, 0], INVALID_PARAMETERS),
    call(CPU_ON_64, [1 << 32, 0], INVALID_PARAMETERS),
    call(CPU_ON_64, [NOISE, 0], INVALID_PARAMETERS),
    // Fields below the lowest level do not count, and those that are none must be zero.
    call(AFFINITY, [0, 0], 0),
    call(AFFINITY, [NOISE, NOISE], 0),
    call(AFFINITY, [NOISE | 0xff, NOISE | 1], 0),
    call(AFFINITY, [1, 0], INVALID_PARAMETERS),
    call(AFFINITY, [0x1_00, 1], INVALID_PARAMETERS),
    call(AFFINITY, [0xffff, 2], 0),
    call(AFFINITY, [0xff_ffff, 3], 0),
    call(AFFINITY, [0, 4], INVALID_PARAMETERS),
    call(AFFINITY, [1 << 31, 3], INVALID_PARAMETERS),
    call(AFFINITY_64, [0, 0], 0),
    call(AFFINITY_64, [0xff, NOISE | 1], 0),
    call(AFFINITY_64, [0xff_ffff, 3], 0),
    call(AFFINITY_64, [1 << 32, 3], INVALID_PARAMETERS),
    call(AFFINITY_64, [1 << 40, 3], INVALID_PARAMETERS),
    call(AFFINITY_64, [1 << 24, 3], INVALID_PARAMETERS),
    call(AFFINITY_64, [0, 4], INVALID_PARAMETERS),
    // What is there.
    call(FEATURES, [0x8400_0000, 0], 0),
    call(FEATURES, [NOISE | 0x8400_0001, 0], 0),
    call(FEATURES, [0xc400_0001, 0], 0),
    call(FEATURES, [0x8400_0002, 0], 0),
    call(FEATURES, [CPU_ON as u64, 0], 0),
    call(FEATURES, [CPU_ON_64 as u64, 0], 0),
    call(FEATURES, [AFFINITY as u64, 0], 0),
    call(FEATURES, [NOISE | AFFINITY_64 as u64, 0], 0),
    call(FEATURES, [0x8400_0006, 0], 0),
    call(FEATURES, [0x8400_0008, 0], 0),
    call(FEATURES, [0x8400_0009, 0], 0),
    call(FEATURES, [FEATURES as u64, 0], 0),
    call(FEATURES, [0x8000_0000, 0], 0),
    call(ARCH_FEATURES, [0x8000_0000, 0], 0),
    call(ARCH_FEATURES, [NOISE | ARCH_FEATURES as u64, 0], 0),
    // And what is not.
    call(FEATURES, [0xc400_0000, 0], NOT_SUPPORTED),
    call(FEATURES, [0x8400_0005, 0], NOT_SUPPORTED),
    call(FEATURES, [0xc400_0008, 0], NOT_SUPPORTED),
    call(FEATURES, [0x8400_0012, 0], NOT_SUPPORTED),
    call(FEATURES, [0xc400_0012, 0], NOT_SUPPORTED),
    call(FEATURES, [0x8400_0013, 0], NOT_SUPPORTED),
    call(FEATURES, [0x8600_ff01, 0], NOT_SUPPORTED),
    call(ARCH_FEATURES, [0x8000_8000, 0], NOT_SUPPORTED),
    call(ARCH_FEATURES, [0x8400_0000, 0], NOT_SUPPORTED),
    call(0x8400_0005, [0, 0], NOT_SUPPORTED),
    call(0xc400_0008, [0, 0], NOT_SUPPORTED),
    call(0xc400_0009, [0, 0], NOT_SUPPORTED),
    call(0x8400_000e, [0, 0], NOT_SUPPORTED),
    call(0x8400_0012, [0, 0], NOT_SUPPORTED),
    call(0xc400_0012, [0, 0], NOT_SUPPORTED),
    call(0x8400_0013, [1, 0], NOT_SUPPORTED),
    call(0xc400_0014, [0, 0], NOT_SUPPORTED),
    call(0x8000_8000, [0, 0], NOT_SUPPORTED),
    call(0x8100_ff00, [0, 0], NOT_SUPPORTED),
    call(0x8200_0000, [0, 0], NOT_SUPPORTED),
    call(0x8400_ff01, [0, 0], NOT_SUPPORTED),
    call(0x8500_0020, [0, 0], NOT_SUPPORTED),
    call(0x8600_ff01, [0, 0], NOT_SUPPORTED),
    call(0xbf00_0000, [0, 0], NOT_SUPPORTED),
    call(0x8401_0000, [0, 0], NOT_SUPPORTED),
    call(0x0400_0000, [0, 0], NOT_SUPPORTED),
    call(0x0000_0000, [0, 0], NOT_SUPPORTED),
];

/// Bit 30.
const CONVENTION_64: u32 = 1 << 30;

impl Call {
    /// The answer to a 32-bit caller: it has no SMC64 forms, and is told of none.
    pub const fn answer_to_aarch32(&self) -> i32 {
        let asked = (self.function == FEATURES) as u32 * self.arguments[0] as u32;
        if (self.function | asked) & CONVENTION_64 != 0 && self.function >> 31 != 0 {
            NOT_SUPPORTED
        } else {
            self.answer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_32_bit_caller_has_no_smc64_forms() {
        for call in CALLS.iter().filter(|call| call.function & CONVENTION_64 != 0) {
            assert_eq!(call.answer_to_aarch32(), NOT_SUPPORTED, "{call:x?}");
        }
        let differ = CALLS.iter().filter(|call| call.answer_to_aarch32() != call.answer).count();
        assert_eq!(differ, 4 + 7 + 3, "CPU_ON, AFFINITY_INFO and what FEATURES says of them and of CPU_SUSPEND");
    }
}
