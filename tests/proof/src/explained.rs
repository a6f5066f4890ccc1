// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the trap tables differ from Arm's list, and why.

use crate::oracle::{Access, Arm, Ours, Space};

/// A set of accesses and the reason.
#[derive(Debug)]
pub struct Explanation {
    /// Which instructions.
    space: Space,
    /// The first and the last encoding; each field lies between the two.
    encodings: [[u8; 5]; 2],
    /// From EL0 only, from EL1 only, or from either.
    levels: &'static [bool],
    /// What Arm says.
    arm: Arm,
    /// What the tables say.
    ours: Ours,
    /// The reason.
    pub why: &'static str,
}

impl Explanation {
    /// Is this about that access, and still what both say?
    pub fn covers(&self, access: &Access, arm: Arm, ours: Ours) -> bool {
        let [first, last] = self.encodings;
        let inside = (0..5).all(|field| (first[field]..=last[field]).contains(&access.encoding[field]));
        let same = (self.space, self.arm, self.ours) == (access.space, arm, ours);
        inside && same && self.levels.contains(&access.from_el0)
    }
}

const EL1: &[bool] = &[false];
const EL0: &[bool] = &[true];
const BOTH: &[bool] = &[false, true];

const PMU_IS_CLOSED: &str = "performance monitors at EL0: the list has PMUSERENR_EL0 open; here it is 0 on the hardware, so the access goes to EL1";
const PMU_OF_8_4: &str = "PMMIR is of PMUv3 for Armv8.4; ID_AA64DFR0_EL1.PMUVer promises no PMU";
const NO_COUNTER: &str =
    "counter 31, which is none: the list has it because the decoding takes its number from the encoding";
const CLOSED_TIMER: &str = "the physical timer at EL0: the list has the guest's CNTKCTL_EL1 closed, so the access goes to EL1; where the guest opens it, it goes on to EL2";
const PHYSICAL_COUNTER: &str = "CNTPCT_EL0: the list has CNTHCTL_EL2.EL1PCTEN set; here it is clear, because the counter has no offset of a guest's";
const RESERVED: &str =
    "reserved for ID registers: Armv8.5-A has none there; they read as zero, as the architecture keeps them";
const LATER_ID: &str = "ID_DFR1 and ID_MMFR5 came after Armv8.5-A, in a place that reads as zero";
const MEDIA: &str = "MVFR0_EL1 to MVFR2_EL1: the list sends them to the hardware, the manual's HCR_EL2.TID3 names them; the row shows the core's value either way";
const TRACE: &str = "TRFCR_EL1: ID_AA64DFR0_EL1.TraceFilt promises none";
const CONTEXT: &str = "SCXTNUM_EL1 and SCXTNUM_EL0 are of FEAT_CSV2_2, which no board's core has; HCR_EL2.EnSCXT is 0";
const KEYS: &str = "pointer authentication: ID_AA64ISAR1_EL1 shows none, for nobody switches its keys";

const fn traps(
    space: Space,
    encodings: [[u8; 5]; 2],
    levels: &'static [bool],
    ours: Ours,
    why: &'static str,
) -> Explanation {
    Explanation { space, encodings, levels, arm: Arm::Trapped, ours, why }
}

/// What a guest closes to its EL0.
const fn closed(space: Space, encodings: [[u8; 5]; 2]) -> Explanation {
    Explanation { space, encodings, levels: EL0, arm: Arm::Guest, ours: Ours::Defined, why: CLOSED_TIMER }
}

const fn reads_zero(space: Space, encodings: [[u8; 5]; 2], why: &'static str) -> Explanation {
    Explanation { space, encodings, levels: EL1, arm: Arm::Undefined, ours: Ours::Defined, why }
}

/// All of them.
pub static EXPLANATIONS: &[Explanation] = {
    use Ours::{Defined, NoRow, Refused};
    use Space::{A32, A32Wide, A64};
    &[
        traps(A64, [[3, 3, 9, 12, 0], [3, 3, 9, 14, 7]], EL0, Refused, PMU_IS_CLOSED),
        traps(A64, [[3, 3, 14, 8, 0], [3, 3, 14, 15, 7]], EL0, Refused, PMU_IS_CLOSED),
        traps(A32, [[15, 0, 9, 14, 0], [15, 0, 9, 14, 0]], EL0, Refused, PMU_IS_CLOSED),
        traps(A64, [[3, 0, 9, 14, 6], [3, 0, 9, 14, 6]], EL1, NoRow, PMU_OF_8_4),
        traps(A32, [[15, 0, 9, 14, 6], [15, 0, 9, 14, 6]], EL1, NoRow, PMU_OF_8_4),
        traps(A64, [[3, 3, 14, 11, 7], [3, 3, 14, 11, 7]], BOTH, NoRow, NO_COUNTER),
        traps(A32, [[15, 0, 14, 11, 7], [15, 0, 14, 11, 7]], EL1, NoRow, NO_COUNTER),
        traps(A64, [[3, 0, 1, 2, 1], [3, 0, 1, 2, 1]], EL1, NoRow, TRACE),
        traps(A64, [[3, 0, 13, 0, 7], [3, 0, 13, 0, 7]], EL1, NoRow, CONTEXT),
        traps(A64, [[3, 3, 13, 0, 7], [3, 3, 13, 0, 7]], BOTH, NoRow, CONTEXT),
        traps(A64, [[3, 0, 2, 1, 0], [3, 0, 2, 3, 3]], EL1, NoRow, KEYS),
        closed(A64, [[3, 3, 14, 0, 1], [3, 3, 14, 0, 1]]),
        closed(A64, [[3, 3, 14, 2, 0], [3, 3, 14, 2, 2]]),
        closed(A32, [[15, 0, 14, 2, 0], [15, 0, 14, 2, 1]]),
        closed(A32Wide, [[15, 0, 0, 14, 0], [15, 0, 0, 14, 0]]),
        closed(A32Wide, [[15, 2, 0, 14, 0], [15, 2, 0, 14, 0]]),
        Explanation {
            space: A64,
            encodings: [[3, 3, 14, 0, 1], [3, 3, 14, 0, 1]],
            levels: EL1,
            arm: Arm::Direct,
            ours: Defined,
            why: PHYSICAL_COUNTER,
        },
        reads_zero(A64, [[3, 0, 0, 3, 0], [3, 0, 0, 7, 7]], RESERVED),
        reads_zero(A32, [[15, 0, 0, 3, 5], [15, 0, 0, 3, 6]], LATER_ID),
        Explanation {
            space: A64,
            encodings: [[3, 0, 0, 3, 0], [3, 0, 0, 3, 2]],
            levels: EL1,
            arm: Arm::Direct,
            ours: Defined,
            why: MEDIA,
        },
    ]
};
