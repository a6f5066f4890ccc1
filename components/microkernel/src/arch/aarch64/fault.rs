// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a syndrome to a fault message.

use super::sysreg::{far_el2, hpfar_el2, par_el1};
use super::{Core, sysreg};
use crate::fault::Fault;

const EC_INSTRUCTION_ABORT: u64 = 0x20;
pub(super) const EC_DATA_ABORT: u64 = 0x24;
/// The fault happened on the guest's own table walk.
const S1PTW: u64 = 1 << 7;
/// Fault status: 0 address size, 1 translation, 2 access flag, 3 permission (by its upper bits).
const LAST_WITH_HPFAR: u64 = 2;

/// What the current thread did. A guest's fault has an IPA for address, a native program's a virtual address (the same).
pub fn fault_of(core: &Core, esr: u64) -> Fault {
    let class = esr >> 26;
    let abort = class == EC_INSTRUCTION_ABORT || class == EC_DATA_ABORT;
    match (abort, core.in_guest.get()) {
        (true, guest) => Fault::VmFault {
            addr: if guest { fault_ipa(esr) } else { far_el2::read() },
            prefetch: class == EC_INSTRUCTION_ABORT,
            esr,
        },
        (false, true) => Fault::VcpuFault { hsr: esr },
        (false, false) => Fault::UserException { number: esr, code: 0 },
    }
}

/// HPFAR_EL2 where it is valid, otherwise the guest's own translation of FAR_EL2.
fn fault_ipa(esr: u64) -> u64 {
    if has_ipa(esr) { faulting_ipa() } else { translate(far_el2::read()) }
}

/// The address of this abort is in HPFAR_EL2.
#[inline(always)]
pub(super) fn has_ipa(esr: u64) -> bool {
    esr & S1PTW != 0 || (esr & 0x3f) >> 2 <= LAST_WITH_HPFAR
}

/// Where [`has_ipa`] says that it is.
#[inline(always)]
pub(super) fn faulting_ipa() -> u64 {
    (hpfar_el2::read() & 0x0fff_ffff_fff0) << 8 | far_el2::read() & 0xfff
}

fn translate(far: u64) -> u64 {
    let saved = par_el1::read();
    // Barriers first: an AT that is speculated in the middle of a switch can leave a wrong translation in the TLB of
    // A57 and A72 (errata 1319537, 1319367).
    // SAFETY: translates an address in the guest's context, which is still loaded; only PAR_EL1 changes.
    unsafe { core::arch::asm!("dsb nsh", "isb", "at s1e1r, {}", in(reg) far, options(nostack, preserves_flags)) };
    sysreg::isb();
    let par = par_el1::read();
    par_el1::write(saved);
    if par & 1 == 0 { par & 0x000f_ffff_ffff_f000 | far & 0xfff } else { far }
}
