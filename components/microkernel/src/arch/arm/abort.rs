// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the fault registers hold after an abort.

use arm_syndrome::iss::{S1PTW, STATUS_MASK, WNR};

/// Kinds of faults by the upper bits of the status: 0 address size, 1 translation, 2 access flag, 3 permission.
const LAST_WITH_HPFAR: u64 = 2;
const PERMISSION: u64 = 3;
const KIND_SHIFT: u32 = 2;
/// FIPA, in HPFAR_EL2: from bit 12 of the address on.
const FIPA: u64 = 0x0fff_ffff_fff0;
const FIPA_SHIFT: u32 = 8;
const PAGE_OFFSET: u64 = 0xfff;

/// HPFAR_EL2 has the address of an abort with this syndrome.
#[inline(always)]
pub const fn hpfar_is_valid(esr: u64) -> bool {
    esr & S1PTW != 0 || (esr & STATUS_MASK) >> KIND_SHIFT <= LAST_WITH_HPFAR
}

/// The abort with this syndrome can be passed to a guest's VMM without a look at its VSpace: HPFAR_EL2 has the address,
/// and it is not about rights.
#[inline(always)]
pub const fn is_about_no_right(esr: u64) -> bool {
    (esr & STATUS_MASK) >> KIND_SHIFT <= LAST_WITH_HPFAR
}

/// A data abort because stage 2 does not let the address be written.
#[inline(always)]
pub const fn is_refused_write(esr: u64) -> bool {
    esr & WNR != 0 && (esr & STATUS_MASK) >> KIND_SHIFT == PERMISSION
}

/// The intermediate physical address, of HPFAR_EL2 and FAR_EL2.
#[inline(always)]
pub const fn ipa(hpfar: u64, far: u64) -> u64 {
    (hpfar & FIPA) << FIPA_SHIFT | far & PAGE_OFFSET
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_aborts() {
        let write = 0x9200_0040;
        for level in 0..4 {
            assert!(is_refused_write(write | 0xc | level) && !is_refused_write(0x9200_000c | level));
            assert!(!is_refused_write(write | 4 | level), "nothing is mapped");
            assert!(!hpfar_is_valid(write | 0xc | level) && hpfar_is_valid(write | S1PTW | 0xc | level));
            // A table walk that writes is told to the log as well.
            assert!(is_about_no_right(4 | level) && !is_about_no_right(S1PTW | 0xc | level));
        }
        assert_eq!(ipa(0x1234_5670, 0xffff_0000_0000_0abc), 0x12_3456_7abc);
    }
}
