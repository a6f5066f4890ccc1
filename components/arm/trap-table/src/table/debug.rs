// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug registers of EL1 and EL0.

use arm_syndrome::SysReg;

use crate::handler::OSLM;
use crate::masks::TX_FULL;
use crate::{DebugRegister, Handler, Rights, Row};

pub(super) const SECTION: &str = "D24.3, debug registers";

/// `DBGAUTHSTATUS_EL1`: all four kinds implemented and disabled.
pub(crate) const ALL_DISABLED: u64 = 0xaa;

pub(super) const ROWS: &[Row] = &table! {
    OSDTRRX_EL1 2 0 0 0 2 ReadWrite 0, Handler::RazWi;
    bank 0;
    bank 1;
    MDCCINT_EL1 2 0 0 2 0 ReadWrite 0, Handler::Backed(DebugRegister::Mdccint);
    MDSCR_EL1 2 0 0 2 2 ReadWrite 0, Handler::Backed(DebugRegister::Mdscr);
    bank 2;
    OSDTRTX_EL1 2 0 0 3 2 ReadWrite 0, Handler::RazWi;
    bank 3;
    // Of debug v8.9, which is not promised.
    MDSELR_EL1 2 0 0 4 2 Nothing 0, Handler::Undefined;
    bank 4;
    MDSTEPOP_EL1 2 0 0 5 2 Nothing 0, Handler::Undefined;
    bank 5;
    OSECCR_EL1 2 0 0 6 2 ReadWrite 0, Handler::RazWi;
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
    MDRAR_EL1 2 0 1 0 0 ReadOnly 0, Handler::RazWi;
    OSLAR_EL1 2 0 1 0 4 WriteOnly 0, Handler::OsLockAccess;
    OSLSR_EL1 2 0 1 1 4 ReadOnly OSLM, Handler::OsLockStatus;
    OSDLR_EL1 2 0 1 3 4 ReadWrite 0, Handler::RazWi;
    DBGPRCR_EL1 2 0 1 4 4 ReadWrite 0, Handler::RazWi;
    DBGCLAIMSET_EL1 2 0 7 8 6 ReadWrite 0xff, Handler::ClaimSet;
    DBGCLAIMCLR_EL1 2 0 7 9 6 ReadWrite 0, Handler::ClaimClear;
    DBGAUTHSTATUS_EL1 2 0 7 14 6 ReadOnly ALL_DISABLED, Handler::Constant(ALL_DISABLED);
    MDCCSR_EL0 2 3 0 1 0 El0ReadOnly TX_FULL, Handler::Constant(TX_FULL);
    DBGDTR_EL0 2 3 0 4 0 El0ReadWrite 0, Handler::RazWi;
    // One encoding: DBGDTRRX_EL0 when read, DBGDTRTX_EL0 when written.
    DBGDTRRX_EL0 2 3 0 5 0 El0ReadWrite 0, Handler::RazWi;
    DBGVCR32_EL2 2 4 0 7 0 Nothing 0, Handler::Undefined;
};

const fn banked(n: u8, op2: u8, name: &'static str, register: DebugRegister) -> Row {
    Row {
        register: SysReg::new(2, 0, 0, n, op2),
        name,
        rights: Rights::ReadWrite,
        reset: 0,
        handler: Handler::Backed(register),
        section: SECTION,
    }
}
