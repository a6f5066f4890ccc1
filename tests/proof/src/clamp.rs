// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two clamps, for every value: the only places where the shim looks into one.

use debug_shim::{Counts, clamp_bcr, clamp_wcr};

use crate::arm;
use crate::report::Report;

/// The bits that a clamp may decide by: E, LBN, BT; and HMC and SSC, which it must drop.
const DECIDING: u64 = 1 | 0xf << 16 | 0xf << 20 | arm::HMC_SSC;

/// Every deciding value, for every index and all counts, with the other bits all clear, all set, and each alone.
pub fn by_fields() -> Report {
    let mut report = Report::new("clamps, by fields");
    let others: Vec<u64> = (0..64).map(|bit| 1 << bit).chain([0, !0]).map(|other| other & !DECIDING).collect();
    for (breakpoints, contexts) in (0..=16u8).flat_map(|all| (0..=all).map(move |contexts| (all, contexts))) {
        let counts = Counts::new(breakpoints, 16, contexts);
        for word in 0..1u64 << 9 {
            let value = word & 1 | (word >> 1 & 0xff) << 16;
            for value in [value, value | arm::HMC_SSC] {
                if let Some(wrong) = others.iter().find_map(|other| differs(value | other, counts)) {
                    return report.failed("P15: a clamp is not the architecture's", &wrong);
                }
                report.steps += 17 * others.len() as u64;
            }
        }
    }
    report
}

/// Every value of the 32 bits that the registers have, on a core with two breakpoints.
pub fn by_value() -> Report {
    let mut report = Report::new("clamps, every value of 32 bits");
    let counts = Counts::new(2, 2, 1);
    for value in 0..1u64 << 32 {
        let is_right = clamp_wcr(value, counts) == arm::clamped_wcr(value, counts)
            && (0..2).all(|n| clamp_bcr(n, value, counts) == arm::clamped_bcr(n, value, counts));
        if !is_right {
            return report.failed("P15: a clamp is not the architecture's", &format!("{value:#x}"));
        }
    }
    report.steps = 3 << 32;
    report
}

fn differs(value: u64, counts: Counts) -> Option<String> {
    let is_wrong = |n: u8| clamp_bcr(n, value, counts) != arm::clamped_bcr(n, value, counts);
    let breakpoint = (0..16).find(|&n| is_wrong(n)).map(|n| format!("DBGBCR{n}_EL1 {value:#x} with {counts:?}"));
    let is_wrong = clamp_wcr(value, counts) != arm::clamped_wcr(value, counts);
    breakpoint.or(is_wrong.then(|| format!("DBGWCR<n>_EL1 {value:#x} with {counts:?}")))
}
