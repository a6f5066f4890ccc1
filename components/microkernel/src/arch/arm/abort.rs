// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the fault registers hold after an abort.

use arm_syndrome::iss::{S1PTW, STATUS_MASK};

/// Kinds of faults by the upper bits of the status: 0 address size, 1 translation, 2 access flag, 3 permission.
const LAST_WITH_HPFAR: u64 = 2;
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

/// The intermediate physical address, of HPFAR_EL2 and FAR_EL2.
#[inline(always)]
pub const fn ipa(hpfar: u64, far: u64) -> u64 {
    (hpfar & FIPA) << FIPA_SHIFT | far & PAGE_OFFSET
}
