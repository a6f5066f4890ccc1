// SPDX-License-Identifier: MIT OR Apache-2.0
//! ESR_EL2 values.

use arm_syndrome::{Esr, Syndrome};
use arm_trap_table::lookup;

/// Each word is decoded; a register that is found has the encoding that was asked for.
pub fn syndrome(bytes: &[u8]) {
    for word in bytes.chunks_exact(8) {
        let esr = Esr::new(u64::from_le_bytes(word.try_into().unwrap_or_default()));
        if let Syndrome::SysReg(access) = esr.decode()
            && let Some(row) = lookup(access.register)
        {
            assert_eq!(row.register, access.register);
        }
    }
}
