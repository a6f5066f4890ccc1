// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a 32-bit guest finds something else than under KVM, and why: coprocessor, opc1, CRn, CRm, opc2.

use crate::difference::{CLOSED, Difference, EL0, EL1, Expected, NO_PMU, TAGS, Way, one, row};

const CONTROLS: [[u8; 5]; 2] = [[15, 0, 9, 12, 0], [15, 0, 9, 14, 7]];
const COUNTERS: [[u8; 5]; 2] = [[15, 0, 14, 8, 0], [15, 0, 14, 15, 7]];
const EVERY_WAY: &[Way] = &[Way::El1Read, Way::El1Write, Way::El0Read, Way::El0Write];

/// All of them.
pub static DIFFERENCES32: [Difference; 9] = {
    use Expected::{Some, Undefined, Value};
    [
        Difference {
            bits: 0x5000,
            ..row(
                "DBGDIDR",
                one([14, 0, 0, 0, 0]),
                &[Way::El0Read],
                [Some, Some],
                "nSUHD_imp, SE_imp: the core's own while the bank is the guest's; QEMU's has an EL3 there, and none in `ID_AA64PFR0_EL1`",
            )
        },
        row(
            "DBGDSCRint",
            one([14, 0, 0, 1, 0]),
            &[Way::El1Read],
            [Value(1 << 29), Value(0)],
            "TXfull reads 1: nobody empties the channel, so a driver's probe fails at once; KVM says that it is empty",
        ),
        row("DBGCLAIMSET", one([14, 0, 7, 8, 6]), EL1, [Value(0xff), Value(0)], TAGS),
        row(
            "none (p14, 3, c0, c5, 0)",
            one([14, 3, 0, 5, 0]),
            EVERY_WAY,
            [Value(0), Undefined],
            "QEMU 10.0 has DBGDTR there as well, in AArch64's place; it is undefined here too while it traps",
        ),
        row(
            "MVFR0 to MVFR2",
            [[15, 0, 0, 3, 0], [15, 0, 0, 3, 2]],
            &[Way::El1Read],
            [Value(0), Some],
            "VMRS reads those; here is the reserved part of the ID space, which reads 0",
        ),
        row("PMCR to PMOVSSET", CONTROLS, EL1, [Value(0), Undefined], NO_PMU),
        row("PMEVCNTR0 to PMCCFILTR", COUNTERS, EL1, [Value(0), Undefined], NO_PMU),
        row("PMCR to PMOVSSET", CONTROLS, EL0, [Undefined, Value(0)], CLOSED),
        row("PMEVCNTR0 to PMCCFILTR", COUNTERS, EL0, [Undefined, Value(0)], CLOSED),
    ]
};
