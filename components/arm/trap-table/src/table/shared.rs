// SPDX-License-Identifier: MIT OR Apache-2.0
//! What all VMs of a core share: a guest reads zero there, and its writes are ignored.

use arm_syndrome::SysReg;

use crate::{Handler, Rights, Row};

pub(super) const SECTION: &str = "D24.2, general system control registers; C5.3, cache maintenance";

pub(super) const ROWS: &[Row] = &table! {
    ACTLR_EL1 3 0 1 0 1 ReadWrite 0, Handler::RazWi;
    // By set and way: these reach beyond the VM, and a guest that follows the architecture needs them around power-down
    // only.
    DC_ISW 1 0 7 6 2 WriteOnly 0, Handler::RazWi;
    DC_CSW 1 0 7 10 2 WriteOnly 0, Handler::RazWi;
    DC_CISW 1 0 7 14 2 WriteOnly 0, Handler::RazWi;
};
