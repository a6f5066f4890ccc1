// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table, in the order of the encodings.

use esr::SysReg;

use crate::handler::OSLM;
use crate::{DebugRegister, Handler, Rights, Row};

const DEBUG: &str = "D24.3, debug registers";
const ID: &str = "D24.2, general system control registers";
const PMU: &str = "D24.5, performance monitors registers";

/// `MDCCSR_EL0`.TXfull.
const TX_FULL: u64 = 1 << 29;
/// `DBGAUTHSTATUS_EL1`: all four kinds implemented and disabled.
const ALL_DISABLED: u64 = 0xaa;

/// Rows are separated by semicolons: `bank n` is the four registers of breakpoint and watchpoint n, `counters n m` the
/// eight event counters (or types) that share CRm m, anything else one register.
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

/// Every register that the hypervisor's debug and PMU traps catch, and those of the ID registers that speak of them.
pub static TRAP_TABLE: [Row; 163] = ROWS;

const ROWS: [Row; 163] = table! {
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
    ID_AA64DFR0_EL1 3 0 0 5 0 ReadOnly 6, Handler::DebugFeatures, ID;
    ID_AA64DFR1_EL1 3 0 0 5 1 ReadOnly 0, Handler::RazWi, ID;
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

/// The row of a register.
pub fn lookup(register: SysReg) -> Option<&'static Row> {
    TRAP_TABLE.binary_search_by_key(&register, |row| row.register).ok().map(|i| &TRAP_TABLE[i])
}
