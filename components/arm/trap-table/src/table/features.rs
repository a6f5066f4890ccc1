// SPDX-License-Identifier: MIT OR Apache-2.0
//! ID registers: what the core has, as far as a guest gets what they promise.

use arm_syndrome::SysReg;

use crate::{Handler, Rights, Row};

pub(super) const SECTION: &str = "D24.2, general system control registers";

/// A field of four bits in an ID register: here those that promise what no guest gets, because it traps or because
/// nobody switches it. None of our boards' cores has any of it but debug.
const fn field(lowest_bit: u32) -> u64 {
    0xf << lowest_bit
}

/// `ID_AA64PFR0_EL1`: GIC, RAS, SVE, MPAM, AMU; of CSV2 all but 1, which promises no register (more than 1 promises
/// SCXTNUM_ELx, which trap).
const PFR0: u64 = field(24) | field(28) | field(32) | field(40) | field(44) | 0xe << 56;
/// `ID_AA64PFR1_EL1`: MTE, RAS_frac, MPAM_frac, SME, CSV2_frac (as CSV2), NMI, MTE_frac, GCS, THE, MTEX, PFAR.
const PFR1: u64 = field(8)
    | field(12)
    | field(16)
    | field(24)
    | field(32)
    | field(36)
    | field(40)
    | field(44)
    | field(48)
    | field(52)
    | field(60);
/// `ID_AA64ISAR1_EL1`: APA, API, GPA, GPI, LS64.
const ISAR1: u64 = field(4) | field(8) | field(24) | field(28) | field(60);
/// `ID_AA64ISAR2_EL1`: GPA3, APA3, MOPS, PAC_frac.
const ISAR2: u64 = field(8) | field(12) | field(16) | field(24);
/// `ID_AA64MMFR1_EL1`: VH, LO.
const MMFR1: u64 = field(8) | field(16);
/// `ID_AA64MMFR2_EL1`: NV.
const MMFR2: u64 = field(24);
/// `ID_PFR0_EL1`: AMU, RAS.
const PFR0_32: u64 = field(20) | field(28);
/// `ID_DFR0_EL1`: all but CopDbg.
const DFR0_32: u64 = !field(0);
const ALL: u64 = !0;

pub(super) const ROWS: &[Row] = &table! {
    features
        ID_PFR0_EL1 1 0 PFR0_32, ID_PFR1_EL1 1 1 0, ID_DFR0_EL1 1 2 DFR0_32, ID_AFR0_EL1 1 3 0,
        ID_MMFR0_EL1 1 4 0, ID_MMFR1_EL1 1 5 0, ID_MMFR2_EL1 1 6 0, ID_MMFR3_EL1 1 7 0,
        ID_ISAR0_EL1 2 0 0, ID_ISAR1_EL1 2 1 0, ID_ISAR2_EL1 2 2 0, ID_ISAR3_EL1 2 3 0,
        ID_ISAR4_EL1 2 4 0, ID_ISAR5_EL1 2 5 0, ID_MMFR4_EL1 2 6 0, ID_ISAR6_EL1 2 7 0,
        MVFR0_EL1 3 0 0, MVFR1_EL1 3 1 0, MVFR2_EL1 3 2 0, ID_PFR2_EL1 3 4 0, ID_DFR1_EL1 3 5 ALL, ID_MMFR5_EL1 3 6 0,
        ID_AA64PFR0_EL1 4 0 PFR0, ID_AA64PFR1_EL1 4 1 PFR1, ID_AA64PFR2_EL1 4 2 ALL,
        ID_AA64ZFR0_EL1 4 4 ALL, ID_AA64SMFR0_EL1 4 5 ALL, ID_AA64FPFR0_EL1 4 7 ALL;
    ID_AA64DFR0_EL1 3 0 0 5 0 ReadOnly 6, Handler::DebugFeatures;
    features
        ID_AA64DFR1_EL1 5 1 ALL, ID_AA64DFR2_EL1 5 2 ALL, ID_AA64AFR0_EL1 5 4 0, ID_AA64AFR1_EL1 5 5 0,
        ID_AA64ISAR0_EL1 6 0 0, ID_AA64ISAR1_EL1 6 1 ISAR1, ID_AA64ISAR2_EL1 6 2 ISAR2, ID_AA64ISAR3_EL1 6 3 0,
        ID_AA64MMFR0_EL1 7 0 0, ID_AA64MMFR1_EL1 7 1 MMFR1, ID_AA64MMFR2_EL1 7 2 MMFR2, ID_AA64MMFR3_EL1 7 3 ALL,
        ID_AA64MMFR4_EL1 7 4 ALL;
};

const fn features(crm: u8, op2: u8, name: &'static str, hidden: u64) -> Row {
    Row {
        register: SysReg::new(3, 0, 0, crm, op2),
        name,
        rights: Rights::ReadOnly,
        reset: 0,
        handler: Handler::Features { hidden },
        section: SECTION,
    }
}
