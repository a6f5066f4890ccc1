// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stage 2: its control register, and forgetting translations.

use super::sysreg::{dsb, isb, vttbr_el2};

#[repr(C, align(4096))]
struct EmptyTable([u64; 512]);
/// What threads without a VSpace run on.
static EMPTY: EmptyTable = EmptyTable([0; 512]);

/// The empty table as VTTBR_EL2 wants it: VMID 0, which no VSpace has.
pub fn empty_table() -> u64 {
    (&raw const EMPTY).addr() as u64
}

/// One past the highest physical address.
pub fn physical_top(mmfr0: u64) -> u64 {
    1 << [32, 36, 40, 42, 44, 48, 48, 48][mmfr0 as usize & 7]
}

/// VTCR_EL2, and whether the walk starts at level 1.
///
/// Four levels, 44-bit input addresses. The architecture allows a start at level 0 only on cores with 44-bit physical
/// addresses or more; elsewhere (Cortex-A53) the walk starts at what the VSpace's first entry points to, with 39 bits.
pub fn stage2_control(mmfr0: u64) -> (u64, bool) {
    let size = (mmfr0 & 7).min(5);
    let start_level_one = size < 4;
    let (t0sz, sl0) = if start_level_one { (64 - 39, 1) } else { (64 - 44, 2) };
    // RES1, write-back inner-shareable walks, 4 KiB pages.
    let common = (1 << 31) | (3 << 12) | (1 << 10) | (1 << 8);
    (common | size << 16 | sl0 << 6 | t0sz, start_level_one)
}

/// Runs maintenance with another VMID loaded.
fn with_vmid(vmid: u8, loaded: u64, maintenance: impl FnOnce()) {
    let other = loaded >> 48 != u64::from(vmid);
    dsb();
    if other {
        vttbr_el2::write(empty_table() | u64::from(vmid) << 48);
        isb();
    }
    maintenance();
    dsb();
    if other {
        vttbr_el2::write(loaded);
    }
    isb();
}

/// Forgets everything of a VMID.
pub fn invalidate_vmid(vmid: u8, loaded: u64) {
    with_vmid(vmid, loaded, || {
        // SAFETY: forgetting translations of EL1 and EL0 costs time only.
        unsafe { core::arch::asm!("tlbi vmalls12e1is", options(nostack, preserves_flags)) };
    });
}

/// Forgets an address of a VMID, and what stage 1 made of it.
pub fn invalidate_address(vmid: u8, address: u64, loaded: u64) {
    with_vmid(vmid, loaded, || {
        // SAFETY: as above.
        unsafe {
            core::arch::asm!("tlbi ipas2e1is, {}", "dsb ish", "tlbi vmalle1is", in(reg) address >> 12,
                options(nostack, preserves_flags));
        }
    });
}
