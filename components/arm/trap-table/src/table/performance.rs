// SPDX-License-Identifier: MIT OR Apache-2.0
//! Performance monitors, which no guest is given.

use arm_syndrome::SysReg;

use crate::{Handler, Rights, Row};

pub(super) const SECTION: &str = "D24.5, performance monitors registers";

pub(super) const ROWS: &[Row] = &table! {
    PMINTENSET_EL1 3 0 9 14 1 ReadWrite 0, Handler::RazWi;
    PMINTENCLR_EL1 3 0 9 14 2 ReadWrite 0, Handler::RazWi;
    PMCR_EL0 3 3 9 12 0 ReadWrite 0, Handler::RazWi;
    PMCNTENSET_EL0 3 3 9 12 1 ReadWrite 0, Handler::RazWi;
    PMCNTENCLR_EL0 3 3 9 12 2 ReadWrite 0, Handler::RazWi;
    PMOVSCLR_EL0 3 3 9 12 3 ReadWrite 0, Handler::RazWi;
    PMSWINC_EL0 3 3 9 12 4 WriteOnly 0, Handler::RazWi;
    PMSELR_EL0 3 3 9 12 5 ReadWrite 0, Handler::RazWi;
    PMCEID0_EL0 3 3 9 12 6 ReadOnly 0, Handler::RazWi;
    PMCEID1_EL0 3 3 9 12 7 ReadOnly 0, Handler::RazWi;
    PMCCNTR_EL0 3 3 9 13 0 ReadWrite 0, Handler::RazWi;
    PMXEVTYPER_EL0 3 3 9 13 1 ReadWrite 0, Handler::RazWi;
    PMXEVCNTR_EL0 3 3 9 13 2 ReadWrite 0, Handler::RazWi;
    PMUSERENR_EL0 3 3 9 14 0 ReadWrite 0, Handler::RazWi;
    PMOVSSET_EL0 3 3 9 14 3 ReadWrite 0, Handler::RazWi;
    counters "PMEVCNTR" 8: 0 1 2 3 4 5 6 7;
    counters "PMEVCNTR" 9: 8 9 10 11 12 13 14 15;
    counters "PMEVCNTR" 10: 16 17 18 19 20 21 22 23;
    counters "PMEVCNTR" 11: 24 25 26 27 28 29 30;
    counters "PMEVTYPER" 12: 0 1 2 3 4 5 6 7;
    counters "PMEVTYPER" 13: 8 9 10 11 12 13 14 15;
    counters "PMEVTYPER" 14: 16 17 18 19 20 21 22 23;
    counters "PMEVTYPER" 15: 24 25 26 27 28 29 30;
    PMCCFILTR_EL0 3 3 14 15 7 ReadWrite 0, Handler::RazWi;
};

const fn counter(crm: u8, n: u8, name: &'static str) -> Row {
    Row {
        register: SysReg::new(3, 3, 14, crm, n % 8),
        name,
        rights: Rights::ReadWrite,
        reset: 0,
        handler: Handler::RazWi,
        section: SECTION,
    }
}
