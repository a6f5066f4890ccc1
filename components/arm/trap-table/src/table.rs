// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table, in the order of the encodings.

use arm_syndrome::SysReg;

use crate::handler::OSLM;
use crate::index::Index;
use crate::masks::TX_FULL;
use crate::{DebugRegister, Handler, Rights, Row};

const DEBUG: &str = "D24.3, debug registers";
const ID: &str = "D24.2, general system control registers";
const PMU: &str = "D24.5, performance monitors registers";

/// `DBGAUTHSTATUS_EL1`: all four kinds implemented and disabled.
pub(crate) const ALL_DISABLED: u64 = 0xaa;

/// A field of four bits in an ID register: here those that promise what no guest gets, because it traps or because
/// nobody switches it. None of our boards' cores has any of it but debug.
const fn field(lowest_bit: u32) -> u64 {
    0xf << lowest_bit
}

/// `ID_AA64PFR0_EL1`: GIC, RAS, SVE, MPAM, AMU.
const PFR0: u64 = field(24) | field(28) | field(32) | field(40) | field(44);
/// `ID_AA64PFR1_EL1`: MTE, RAS_frac, MPAM_frac, SME, NMI, MTE_frac, GCS, THE, MTEX, PFAR.
const PFR1: u64 = field(8)
    | field(12)
    | field(16)
    | field(24)
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

/// Rows are separated by semicolons: `bank n` is the four registers of breakpoint and watchpoint n, `counters n m` the
/// eight event counters (or types) that share CRm m, `features` ID registers with CRm, op2 and what is hidden of them, anything
/// else one register.
macro_rules! table {
    (@ [$($row:expr,)*]) => { [$($row,)*] };
    (@ [$($row:expr,)*] bank $n:literal; $($rest:tt)*) => {
        table!(@ [$($row,)*
            banked($n, 4, concat!("DBGBVR", $n, "_EL1"), DebugRegister::Bvr($n)),
            banked($n, 5, concat!("DBGBCR", $n, "_EL1"), DebugRegister::Bcr($n)),
            banked($n, 6, concat!("DBGWVR", $n, "_EL1"), DebugRegister::Wvr($n)),
            banked($n, 7, concat!("DBGWCR", $n, "_EL1"), DebugRegister::Wcr($n)),
        ] $($rest)*)
    };
    (@ [$($row:expr,)*] counters $kind:literal $crm:literal: $($n:literal)*; $($rest:tt)*) => {
        table!(@ [$($row,)* $(counter($crm, $n, concat!($kind, $n, "_EL0")),)*] $($rest)*)
    };
    (@ [$($row:expr,)*] features $($name:ident $crm:literal $op2:literal $hidden:expr),*; $($rest:tt)*) => {
        table!(@ [$($row,)* $(features($crm, $op2, stringify!($name), $hidden),)*] $($rest)*)
    };
    (@ [$($row:expr,)*] $name:ident $op0:literal $op1:literal $crn:literal $crm:literal $op2:literal
        $rights:ident $reset:expr, $handler:expr, $section:expr; $($rest:tt)*) => {
        table!(@ [$($row,)* Row {
            register: SysReg::new($op0, $op1, $crn, $crm, $op2),
            name: stringify!($name),
            rights: Rights::$rights,
            reset: $reset,
            handler: $handler,
            section: $section,
        },] $($rest)*)
    };
    ($($rows:tt)*) => { table!(@ [] $($rows)*) };
}

/// Every register that the hypervisor's traps of debug, performance monitors and ID registers catch.
pub static TRAP_TABLE: [Row; 203] = ROWS;

const ROWS: [Row; 203] = table! {
    OSDTRRX_EL1 2 0 0 0 2 ReadWrite 0, Handler::RazWi, DEBUG;
    bank 0;
    bank 1;
    MDCCINT_EL1 2 0 0 2 0 ReadWrite 0, Handler::Backed(DebugRegister::Mdccint), DEBUG;
    MDSCR_EL1 2 0 0 2 2 ReadWrite 0, Handler::Backed(DebugRegister::Mdscr), DEBUG;
    bank 2;
    OSDTRTX_EL1 2 0 0 3 2 ReadWrite 0, Handler::RazWi, DEBUG;
    bank 3;
    // Of debug v8.9, which is not promised.
    MDSELR_EL1 2 0 0 4 2 Nothing 0, Handler::Undefined, DEBUG;
    bank 4;
    MDSTEPOP_EL1 2 0 0 5 2 Nothing 0, Handler::Undefined, DEBUG;
    bank 5;
    OSECCR_EL1 2 0 0 6 2 ReadWrite 0, Handler::RazWi, DEBUG;
    bank 6;
    bank 7;
    bank 8;
    bank 9;
    bank 10;
    bank 11;
    bank 12;
    bank 13;
    bank 14;
    bank 15;
    MDRAR_EL1 2 0 1 0 0 ReadOnly 0, Handler::RazWi, DEBUG;
    OSLAR_EL1 2 0 1 0 4 WriteOnly 0, Handler::OsLockAccess, DEBUG;
    OSLSR_EL1 2 0 1 1 4 ReadOnly OSLM, Handler::OsLockStatus, DEBUG;
    OSDLR_EL1 2 0 1 3 4 ReadWrite 0, Handler::RazWi, DEBUG;
    DBGPRCR_EL1 2 0 1 4 4 ReadWrite 0, Handler::RazWi, DEBUG;
    DBGCLAIMSET_EL1 2 0 7 8 6 ReadWrite 0xff, Handler::ClaimSet, DEBUG;
    DBGCLAIMCLR_EL1 2 0 7 9 6 ReadWrite 0, Handler::ClaimClear, DEBUG;
    DBGAUTHSTATUS_EL1 2 0 7 14 6 ReadOnly ALL_DISABLED, Handler::Constant(ALL_DISABLED), DEBUG;
    MDCCSR_EL0 2 3 0 1 0 El0ReadOnly TX_FULL, Handler::Constant(TX_FULL), DEBUG;
    DBGDTR_EL0 2 3 0 4 0 El0ReadWrite 0, Handler::RazWi, DEBUG;
    // One encoding: DBGDTRRX_EL0 when read, DBGDTRTX_EL0 when written.
    DBGDTRRX_EL0 2 3 0 5 0 El0ReadWrite 0, Handler::RazWi, DEBUG;
    DBGVCR32_EL2 2 4 0 7 0 Nothing 0, Handler::Undefined, DEBUG;
    features
        ID_PFR0_EL1 1 0 PFR0_32, ID_PFR1_EL1 1 1 0, ID_DFR0_EL1 1 2 DFR0_32, ID_AFR0_EL1 1 3 0,
        ID_MMFR0_EL1 1 4 0, ID_MMFR1_EL1 1 5 0, ID_MMFR2_EL1 1 6 0, ID_MMFR3_EL1 1 7 0,
        ID_ISAR0_EL1 2 0 0, ID_ISAR1_EL1 2 1 0, ID_ISAR2_EL1 2 2 0, ID_ISAR3_EL1 2 3 0,
        ID_ISAR4_EL1 2 4 0, ID_ISAR5_EL1 2 5 0, ID_MMFR4_EL1 2 6 0, ID_ISAR6_EL1 2 7 0,
        MVFR0_EL1 3 0 0, MVFR1_EL1 3 1 0, MVFR2_EL1 3 2 0, ID_PFR2_EL1 3 4 0, ID_DFR1_EL1 3 5 ALL, ID_MMFR5_EL1 3 6 0,
        ID_AA64PFR0_EL1 4 0 PFR0, ID_AA64PFR1_EL1 4 1 PFR1, ID_AA64PFR2_EL1 4 2 ALL,
        ID_AA64ZFR0_EL1 4 4 ALL, ID_AA64SMFR0_EL1 4 5 ALL, ID_AA64FPFR0_EL1 4 7 ALL;
    ID_AA64DFR0_EL1 3 0 0 5 0 ReadOnly 6, Handler::DebugFeatures, ID;
    features
        ID_AA64DFR1_EL1 5 1 ALL, ID_AA64DFR2_EL1 5 2 ALL, ID_AA64AFR0_EL1 5 4 0, ID_AA64AFR1_EL1 5 5 0,
        ID_AA64ISAR0_EL1 6 0 0, ID_AA64ISAR1_EL1 6 1 ISAR1, ID_AA64ISAR2_EL1 6 2 ISAR2, ID_AA64ISAR3_EL1 6 3 0,
        ID_AA64MMFR0_EL1 7 0 0, ID_AA64MMFR1_EL1 7 1 MMFR1, ID_AA64MMFR2_EL1 7 2 MMFR2, ID_AA64MMFR3_EL1 7 3 ALL,
        ID_AA64MMFR4_EL1 7 4 ALL;
    PMINTENSET_EL1 3 0 9 14 1 ReadWrite 0, Handler::RazWi, PMU;
    PMINTENCLR_EL1 3 0 9 14 2 ReadWrite 0, Handler::RazWi, PMU;
    PMCR_EL0 3 3 9 12 0 ReadWrite 0, Handler::RazWi, PMU;
    PMCNTENSET_EL0 3 3 9 12 1 ReadWrite 0, Handler::RazWi, PMU;
    PMCNTENCLR_EL0 3 3 9 12 2 ReadWrite 0, Handler::RazWi, PMU;
    PMOVSCLR_EL0 3 3 9 12 3 ReadWrite 0, Handler::RazWi, PMU;
    PMSWINC_EL0 3 3 9 12 4 WriteOnly 0, Handler::RazWi, PMU;
    PMSELR_EL0 3 3 9 12 5 ReadWrite 0, Handler::RazWi, PMU;
    PMCEID0_EL0 3 3 9 12 6 ReadOnly 0, Handler::RazWi, PMU;
    PMCEID1_EL0 3 3 9 12 7 ReadOnly 0, Handler::RazWi, PMU;
    PMCCNTR_EL0 3 3 9 13 0 ReadWrite 0, Handler::RazWi, PMU;
    PMXEVTYPER_EL0 3 3 9 13 1 ReadWrite 0, Handler::RazWi, PMU;
    PMXEVCNTR_EL0 3 3 9 13 2 ReadWrite 0, Handler::RazWi, PMU;
    PMUSERENR_EL0 3 3 9 14 0 ReadWrite 0, Handler::RazWi, PMU;
    PMOVSSET_EL0 3 3 9 14 3 ReadWrite 0, Handler::RazWi, PMU;
    counters "PMEVCNTR" 8: 0 1 2 3 4 5 6 7;
    counters "PMEVCNTR" 9: 8 9 10 11 12 13 14 15;
    counters "PMEVCNTR" 10: 16 17 18 19 20 21 22 23;
    counters "PMEVCNTR" 11: 24 25 26 27 28 29 30;
    counters "PMEVTYPER" 12: 0 1 2 3 4 5 6 7;
    counters "PMEVTYPER" 13: 8 9 10 11 12 13 14 15;
    counters "PMEVTYPER" 14: 16 17 18 19 20 21 22 23;
    counters "PMEVTYPER" 15: 24 25 26 27 28 29 30;
    PMCCFILTR_EL0 3 3 14 15 7 ReadWrite 0, Handler::RazWi, PMU;
};

const fn banked(n: u8, op2: u8, name: &'static str, register: DebugRegister) -> Row {
    Row {
        register: SysReg::new(2, 0, 0, n, op2),
        name,
        rights: Rights::ReadWrite,
        reset: 0,
        handler: Handler::Backed(register),
        section: DEBUG,
    }
}

const fn features(crm: u8, op2: u8, name: &'static str, hidden: u64) -> Row {
    Row {
        register: SysReg::new(3, 0, 0, crm, op2),
        name,
        rights: Rights::ReadOnly,
        reset: 0,
        handler: Handler::Features { hidden },
        section: ID,
    }
}

const fn counter(crm: u8, n: u8, name: &'static str) -> Row {
    Row {
        register: SysReg::new(3, 3, 14, crm, n % 8),
        name,
        rights: Rights::ReadWrite,
        reset: 0,
        handler: Handler::RazWi,
        section: PMU,
    }
}

/// Strictly ascending, and so without a double.
const _: () = {
    let mut i = 1;
    while i < ROWS.len() {
        assert!(ROWS[i - 1].register.packed() < ROWS[i].register.packed(), "rows out of order");
        i += 1;
    }
};

/// The rest of the ID registers' space, which the architecture keeps for more of them: reads as zero.
pub fn is_reserved_feature(register: SysReg) -> bool {
    let (first, last) = (SysReg::new(3, 0, 0, 1, 0), SysReg::new(3, 0, 0, 7, 7));
    first.packed() <= register.packed() && register.packed() <= last.packed() && lookup(register).is_none()
}

/// The handler of a register that has a row: for other tables.
pub(crate) const fn handler_of(register: SysReg) -> Handler {
    let mut i = 0;
    while i < ROWS.len() {
        if ROWS[i].register.packed() == register.packed() {
            return ROWS[i].handler;
        }
        i += 1;
    }
    panic!("no such row")
}

static INDEX: Index = Index::of(&ROWS);

/// The row of a register.
#[inline]
pub fn lookup(register: SysReg) -> Option<&'static Row> {
    TRAP_TABLE.get(INDEX.find(register)?)
}
