// SPDX-License-Identifier: MIT OR Apache-2.0
//! Coprocessor 15, as far as it traps: ID registers, performance monitors, the physical timer, what is shared by all VMs.

use arm_syndrome::{Coprocessor::P15, CpReg, CpReg64, SysReg};

use super::{Handler32, Row32};
use crate::table::handler_of;
use crate::{Handler, Rights};

const IGNORED: Handler32 = Handler32::Same(Handler::RazWi);

/// Rows are separated by semicolons: `counters n m` the eight event counters (or types) that share CRm m, anything else
/// one register with CRn, CRm, opc2. Most have the rest of their encoding from their AArch64 name, whose op0 and op1
/// come last.
macro_rules! table {
    (@ [$($row:expr,)*]) => { [$($row,)*] };
    (@ [$($row:expr,)*] counters $kind:literal $crm:literal: $($n:literal)*; $($rest:tt)*) => {
        table!(@ [$($row,)*
            $(row(concat!($kind, $n), 14, $crm, $n % 8, Rights::ReadWrite, &[(3, 3)]),)*
        ] $($rest)*)
    };
    (@ [$($row:expr,)*] $name:ident $crn:literal $crm:literal $opc2:literal $rights:ident $($op0:literal $op1:literal)?;
        $($rest:tt)*) => {
        table!(@ [$($row,)*
            row(stringify!($name), $crn, $crm, $opc2, Rights::$rights, &[$(($op0, $op1))?]),
        ] $($rest)*)
    };
    ($($rows:tt)*) => { table!(@ [] $($rows)*) };
}

const fn row(name: &'static str, crn: u8, crm: u8, opc2: u8, rights: Rights, also: &[(u8, u8)]) -> Row32<CpReg> {
    let also = match also.first() {
        Some(&(op0, op1)) => Some(SysReg::new(op0, op1, crn, crm, opc2)),
        None => None,
    };
    let handler = match also {
        Some(register) => Handler32::Same(handler_of(register)),
        None => IGNORED,
    };
    Row32 { register: CpReg::new(P15, 0, crn, crm, opc2), name, rights, reset: 0, handler, also }
}

/// What MCR and MRC reach.
pub static CP15: [Row32<CpReg>; 106] = ROWS;

const ROWS: [Row32<CpReg>; 106] = table! {
    ID_PFR0 0 1 0 ReadOnly 3 0;
    ID_PFR1 0 1 1 ReadOnly 3 0;
    ID_DFR0 0 1 2 ReadOnly 3 0;
    ID_AFR0 0 1 3 ReadOnly 3 0;
    ID_MMFR0 0 1 4 ReadOnly 3 0;
    ID_MMFR1 0 1 5 ReadOnly 3 0;
    ID_MMFR2 0 1 6 ReadOnly 3 0;
    ID_MMFR3 0 1 7 ReadOnly 3 0;
    ID_ISAR0 0 2 0 ReadOnly 3 0;
    ID_ISAR1 0 2 1 ReadOnly 3 0;
    ID_ISAR2 0 2 2 ReadOnly 3 0;
    ID_ISAR3 0 2 3 ReadOnly 3 0;
    ID_ISAR4 0 2 4 ReadOnly 3 0;
    ID_ISAR5 0 2 5 ReadOnly 3 0;
    ID_MMFR4 0 2 6 ReadOnly 3 0;
    ID_ISAR6 0 2 7 ReadOnly 3 0;
    ID_PFR2 0 3 4 ReadOnly 3 0;
    ID_DFR1 0 3 5 ReadOnly 3 0;
    ID_MMFR5 0 3 6 ReadOnly 3 0;
    // Shared by all VMs.
    ACTLR 1 0 1 ReadWrite 3 0;
    ACTLR2 1 0 3 ReadWrite;
    // By set and way: reach beyond the VM, and a guest that follows the architecture needs them around power-down only.
    DCISW 7 6 2 WriteOnly 1 0;
    DCCSW 7 10 2 WriteOnly 1 0;
    DCCISW 7 14 2 WriteOnly 1 0;
    PMCR 9 12 0 ReadWrite 3 3;
    PMCNTENSET 9 12 1 ReadWrite 3 3;
    PMCNTENCLR 9 12 2 ReadWrite 3 3;
    PMOVSR 9 12 3 ReadWrite 3 3;
    PMSWINC 9 12 4 WriteOnly 3 3;
    PMSELR 9 12 5 ReadWrite 3 3;
    PMCEID0 9 12 6 ReadOnly 3 3;
    PMCEID1 9 12 7 ReadOnly 3 3;
    PMCCNTR 9 13 0 ReadWrite 3 3;
    PMXEVTYPER 9 13 1 ReadWrite 3 3;
    PMXEVCNTR 9 13 2 ReadWrite 3 3;
    PMUSERENR 9 14 0 ReadWrite 3 3;
    PMINTENSET 9 14 1 ReadWrite 3 0;
    PMINTENCLR 9 14 2 ReadWrite 3 0;
    PMOVSSET 9 14 3 ReadWrite 3 3;
    PMCEID2 9 14 4 ReadOnly;
    PMCEID3 9 14 5 ReadOnly;
    CNTP_TVAL 14 2 0 El0ReadWrite 3 3;
    CNTP_CTL 14 2 1 El0ReadWrite 3 3;
    counters "PMEVCNTR" 8: 0 1 2 3 4 5 6 7;
    counters "PMEVCNTR" 9: 8 9 10 11 12 13 14 15;
    counters "PMEVCNTR" 10: 16 17 18 19 20 21 22 23;
    counters "PMEVCNTR" 11: 24 25 26 27 28 29 30;
    counters "PMEVTYPER" 12: 0 1 2 3 4 5 6 7;
    counters "PMEVTYPER" 13: 8 9 10 11 12 13 14 15;
    counters "PMEVTYPER" 14: 16 17 18 19 20 21 22 23;
    counters "PMEVTYPER" 15: 24 25 26 27 28 29 30;
    PMCCFILTR 14 15 7 ReadWrite 3 3;
};

/// What MCRR and MRRC reach.
pub static CP15_WIDE: [Row32<CpReg64>; 3] = [
    wide("PMCCNTR", 0, 9, Rights::ReadWrite, SysReg::new(3, 3, 9, 13, 0)),
    wide("CNTPCT", 0, 14, Rights::El0ReadOnly, SysReg::new(3, 3, 14, 0, 1)),
    wide("CNTP_CVAL", 2, 14, Rights::El0ReadWrite, SysReg::new(3, 3, 14, 2, 2)),
];

const fn wide(name: &'static str, opc1: u8, crm: u8, rights: Rights, also: SysReg) -> Row32<CpReg64> {
    let handler = Handler32::Same(handler_of(also));
    Row32 { register: CpReg64::new(P15, opc1, crm), name, rights, reset: 0, handler, also: Some(also) }
}

/// The ID register that a VMRS with this register field reads, if it traps: MVFR2 to MVFR0 are 5 to 7.
pub const fn feature_of_vmrs(field: u8) -> Option<SysReg> {
    match field {
        5..=7 => Some(SysReg::new(3, 0, 0, 3, 7 - field)),
        _ => None,
    }
}

/// Strictly ascending, and so without a double. Nothing of coprocessor 15 is kept.
const _: () = {
    let mut i = 0;
    while i < ROWS.len() {
        assert!(i == 0 || ROWS[i - 1].register.packed() < ROWS[i].register.packed(), "rows out of order");
        assert!(ROWS[i].handler.backing().is_none());
        i += 1;
    }
};
