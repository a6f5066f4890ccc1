// SPDX-License-Identifier: MIT OR Apache-2.0
//! EL1's physical timer and its counter, for which these cores have no offset: a guest's time would be everybody's.

use arm_syndrome::SysReg;

use crate::{Handler, Rights, Row, TimerRegister};

pub(super) const SECTION: &str = "D24, generic timer registers";

// What EL0 may do EL1 says in CNTKCTL_EL1, and the core heeds it before anything traps to EL2.
pub(super) const ROWS: &[Row] = &table! {
    CNTPCT_EL0 3 3 14 0 1 El0ReadOnly 0, Handler::Timer(TimerRegister::Count);
    CNTP_TVAL_EL0 3 3 14 2 0 El0ReadWrite 0, Handler::Timer(TimerRegister::Value);
    CNTP_CTL_EL0 3 3 14 2 1 El0ReadWrite 0, Handler::Timer(TimerRegister::Control);
    CNTP_CVAL_EL0 3 3 14 2 2 El0ReadWrite 0, Handler::Timer(TimerRegister::Compare);
};
