// SPDX-License-Identifier: MIT OR Apache-2.0
//! What this core is: the ID registers that guests' reads of trap (HCR_EL2.TID3), for their VMMs.

use super::Core;
use super::sysreg::{id_aa64pfr0_el1, midr_el1};
use crate::arch::Aarch32Levels;
use crate::arch::Identity;

/// One of eight instructions. Encodings without a register read as zero.
macro_rules! by_op2 {
    ($op2:expr, $crm:literal) => {
        match $op2 {
            0 => get!($crm, "0"),
            1 => get!($crm, "1"),
            2 => get!($crm, "2"),
            3 => get!($crm, "3"),
            4 => get!($crm, "4"),
            5 => get!($crm, "5"),
            6 => get!($crm, "6"),
            _ => get!($crm, "7"),
        }
    };
}

macro_rules! get {
    ($crm:literal, $op2:literal) => {{
        let value: u64;
        // SAFETY: all of CRm 1 to 7 is defined as readable, and reading it has no effect.
        unsafe {
            core::arch::asm!(concat!("mrs {}, s3_0_c0_c", $crm, "_", $op2), out(reg) value,
                options(nomem, nostack, preserves_flags));
        }
        value
    }};
}

impl Identity for Core {
    fn aarch32_levels(&self) -> Aarch32Levels {
        Aarch32Levels::from_id_aa64pfr0(id_aa64pfr0_el1::read())
    }
    fn midr(&self) -> u64 {
        midr_el1::read()
    }
    fn features(&self, crm: u8, op2: u8) -> u64 {
        match crm {
            1 => by_op2!(op2, "1"),
            2 => by_op2!(op2, "2"),
            3 => by_op2!(op2, "3"),
            4 => by_op2!(op2, "4"),
            5 => by_op2!(op2, "5"),
            6 => by_op2!(op2, "6"),
            7 => by_op2!(op2, "7"),
            _ => 0,
        }
    }
}
