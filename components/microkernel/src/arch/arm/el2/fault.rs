// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where an abort's address is.

use super::sysreg::{far_el2, hpfar_el2, par_el1};
use super::{Core, sysreg};
use crate::arch::FaultAddress;
use crate::arch::arm::abort;

impl FaultAddress for Core {
    #[inline(always)]
    fn in_guest(&self) -> bool {
        self.in_guest.get()
    }
    #[inline(always)]
    fn fault_ipa(&self) -> u64 {
        abort::ipa(hpfar_el2::read(), far_el2::read())
    }
    fn fault_address(&self, esr: u64) -> u64 {
        match (self.in_guest.get(), abort::hpfar_is_valid(esr)) {
            (false, _) => far_el2::read(),
            (true, true) => self.fault_ipa(),
            (true, false) => translate(far_el2::read()),
        }
    }
}

/// The guest's own translation of a virtual address.
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
