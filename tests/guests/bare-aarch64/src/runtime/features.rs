// SPDX-License-Identifier: MIT OR Apache-2.0
//! The space of the ID registers, op0 3, op1 0, CRn 0, CRm 1 to 7: every encoding reads.

use super::{mrs, msr};

macro_rules! eight {
    ($($crm:literal)*) => {
        [$(
            || mrs!(concat!("s3_0_c0_c", $crm, "_0")), || mrs!(concat!("s3_0_c0_c", $crm, "_1")),
            || mrs!(concat!("s3_0_c0_c", $crm, "_2")), || mrs!(concat!("s3_0_c0_c", $crm, "_3")),
            || mrs!(concat!("s3_0_c0_c", $crm, "_4")), || mrs!(concat!("s3_0_c0_c", $crm, "_5")),
            || mrs!(concat!("s3_0_c0_c", $crm, "_6")), || mrs!(concat!("s3_0_c0_c", $crm, "_7")),
        )*]
    };
}

/// In the order of CRm and op2.
pub static REGISTERS: [fn() -> u64; 56] = eight!(1 2 3 4 5 6 7);

/// Writes `ID_AA64DFR0_EL1`, which nobody can.
pub fn write_one() {
    msr!("s3_0_c0_c5_0", 0);
}
