// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a guest finds something else than under KVM, and why.

use core::fmt;

/// What a guest sees of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It is carried out; for a write, what is read back after all ones.
    Value(u64),
    /// Undefined instruction.
    Undefined,
    /// Another exception class.
    Exception(u8),
}

/// A set of accesses, what they do here and there, and the reason.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// For people.
    pub registers: &'static str,
    /// op0, op1, CRn, CRm, op2 (in 32 bits coprocessor, opc1, CRn, CRm, opc2) of the first and of the last encoding; each
    /// field lies between the two.
    pub encodings: [[u8; 5]; 2],
    /// Which way.
    pub ways: &'static [Way],
    /// Here.
    pub ours: Expected,
    /// Under KVM.
    pub theirs: Expected,
    /// If both are values, the bits in which they may differ.
    pub bits: u64,
    /// The reason.
    pub why: &'static str,
}

/// Level and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// EL1 reads.
    El1Read,
    /// EL1 writes.
    El1Write,
    /// EL0 reads.
    El0Read,
    /// EL0 writes.
    El0Write,
}

/// What must be seen for the reason to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any value.
    Some,
    /// This value.
    Value(u64),
    /// Undefined instruction.
    Undefined,
    /// This exception class.
    Exception(u8),
}

impl Expected {
    const fn fits(self, seen: Seen) -> bool {
        match (self, seen) {
            (Self::Some, Seen::Value(_)) | (Self::Undefined, Seen::Undefined) => true,
            (Self::Value(expected), Seen::Value(value)) => expected == value,
            (Self::Exception(expected), Seen::Exception(class)) => expected == class,
            _ => false,
        }
    }
}

impl Difference {
    /// Is this the reason why that access differs?
    pub fn explains(&self, encoding: [u8; 5], el: u8, reads: bool, ours: Seen, theirs: Seen) -> bool {
        let way = match (el, reads) {
            (1, true) => Way::El1Read,
            (1, false) => Way::El1Write,
            (_, true) => Way::El0Read,
            (_, false) => Way::El0Write,
        };
        let [first, last] = self.encodings;
        let inside = (0..5).all(|field| (first[field]..=last[field]).contains(&encoding[field]));
        let values = match (ours, theirs) {
            (Seen::Value(ours), Seen::Value(theirs)) => (ours ^ theirs) & !self.bits == 0,
            _ => true,
        };
        inside && values && self.ways.contains(&way) && self.ours.fits(ours) && self.theirs.fits(theirs)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value:#x}"),
            Self::Undefined => f.write_str("UNDEF"),
            Self::Exception(class) => write!(f, "exception class {class:#x}"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Some => f.write_str("a value"),
            Self::Value(value) => write!(f, "{value:#x}"),
            Self::Undefined => f.write_str("UNDEF"),
            Self::Exception(class) => write!(f, "exception to EL1, class {class:#x}"),
        }
    }
}

/// MSR, MRS or system instruction: how EL1 hears of an access that it does not let EL0 make.
const TRAPPED: Expected = Expected::Exception(0x18);
pub(crate) const EL1: &[Way] = &[Way::El1Read, Way::El1Write];
pub(crate) const EL0: &[Way] = &[Way::El0Read, Way::El0Write];
const ALL: u64 = !0;

const CHANNEL: &str = "the architecture has it; KVM has no row for it, so it is undefined there as long as it traps";
pub(crate) const TAGS: &str = "each guest has tags of its own; under KVM there are none";
pub(crate) const NO_PMU: &str = "reads 0 and ignores writes for guests that do not look at `ID_AA64DFR0_EL1.PMUVer`; KVM, asked for no PMU, has none";
pub(crate) const CLOSED: &str =
    "`PMUSERENR_EL0` is 0, so EL0's access goes to EL1; KVM opens that register while a guest runs";

pub(crate) const fn row(
    registers: &'static str,
    encodings: [[u8; 5]; 2],
    ways: &'static [Way],
    expected: [Expected; 2],
    why: &'static str,
) -> Difference {
    let [ours, theirs] = expected;
    Difference { registers, encodings, ways, ours, theirs, bits: ALL, why }
}

pub(crate) const fn one(register: [u8; 5]) -> [[u8; 5]; 2] {
    [register, register]
}

const INTERRUPTS: [[u8; 5]; 2] = [[3, 0, 9, 14, 1], [3, 0, 9, 14, 2]];
const CONTROLS: [[u8; 5]; 2] = [[3, 3, 9, 12, 0], [3, 3, 9, 14, 7]];
const COUNTERS: [[u8; 5]; 2] = [[3, 3, 14, 8, 0], [3, 3, 14, 15, 7]];

/// All of them.
pub static DIFFERENCES: [Difference; 13] = {
    use Expected::{Some, Undefined, Value};
    [
        row("OSDTRRX_EL1", one([2, 0, 0, 0, 2]), EL1, [Value(0), Undefined], CHANNEL),
        row("OSDTRTX_EL1", one([2, 0, 0, 3, 2]), EL1, [Value(0), Undefined], CHANNEL),
        row("OSECCR_EL1", one([2, 0, 0, 6, 2]), EL1, [Value(0), Undefined], CHANNEL),
        row("DBGCLAIMSET_EL1", one([2, 0, 7, 8, 6]), EL1, [Value(0xff), Value(0)], TAGS),
        row("PMINTENSET_EL1, PMINTENCLR_EL1", INTERRUPTS, EL1, [Value(0), Undefined], NO_PMU),
        row("PMCR_EL0 to PMOVSSET_EL0", CONTROLS, EL1, [Value(0), Undefined], NO_PMU),
        row("PMEVCNTR0_EL0 to PMCCFILTR_EL0", COUNTERS, EL1, [Value(0), Undefined], NO_PMU),
        row("PMCR_EL0 to PMOVSSET_EL0", CONTROLS, EL0, [TRAPPED, Undefined], CLOSED),
        row("PMCR_EL0 to PMOVSSET_EL0", CONTROLS, EL0, [TRAPPED, Value(0)], CLOSED),
        row("PMEVCNTR0_EL0 to PMCCFILTR_EL0", COUNTERS, EL0, [TRAPPED, Undefined], CLOSED),
        row("PMEVCNTR0_EL0 to PMCCFILTR_EL0", COUNTERS, EL0, [TRAPPED, Value(0)], CLOSED),
        Difference {
            bits: 0xff << 56,
            ..row(
                "ID_AA64PFR0_EL1",
                one([3, 0, 0, 4, 0]),
                &[Way::El1Read],
                [Some, Some],
                "CSV2, CSV3: the core's; KVM writes there what it knows of the host's mitigations",
            )
        },
        Difference {
            bits: 0xf << 36,
            ..row(
                "ID_AA64DFR0_EL1",
                one([3, 0, 0, 5, 0]),
                &[Way::El1Read],
                [Some, Some],
                "DoubleLock: not implemented; KVM 6.1 promises one and ignores it",
            )
        },
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(encoding: [u8; 5], el: u8, reads: bool, ours: Seen, theirs: Seen) -> bool {
        DIFFERENCES.iter().any(|row| row.explains(encoding, el, reads, ours, theirs))
    }

    #[test]
    fn a_reason_holds_for_what_it_is_about_and_no_more() {
        let lock = [3, 0, 0, 5, 0];
        let (ours, theirs) = (Seen::Value(0xf0_1030_5006), Seen::Value(0x1030_5006));
        assert!(explained(lock, 1, true, ours, theirs));
        assert!(!explained(lock, 1, true, ours, Seen::Value(0x1030_5106)), "another field differs too");
        assert!(!explained(lock, 0, true, ours, theirs), "at EL0");
        assert!(!explained([3, 0, 0, 5, 1], 1, true, ours, theirs), "of another register");
        assert!(!explained(lock, 1, true, ours, Seen::Undefined));
        assert!(explained([3, 3, 9, 12, 0], 0, false, Seen::Exception(0x18), Seen::Undefined));
        assert!(!explained([3, 3, 9, 12, 0], 0, false, Seen::Exception(0x24), Seen::Undefined));
        assert!(!explained([2, 0, 0, 0, 4], 1, true, Seen::Value(1), Seen::Value(0)), "a breakpoint's address");
    }
}
