// SPDX-License-Identifier: MIT OR Apache-2.0
//! SErrors: asynchronous aborts. One that a guest has caused may come after its exit, so the kernel waits for what the
//! guest has begun before anybody but its own VMM runs, and the guest gets its own back as a virtual SError.

use super::Core;
use super::sysreg::hcr_el2;
use crate::arch::SystemError;
use crate::arch::arm::policy::hcr::VSE;
use crate::object::reference::Ref;
use crate::object::vcpu::Vcpu;

/// Waits for all accesses before it; whether an SError came of them.
///
/// The one place in the kernel where A is not masked. x1 says to the vector that it is here (`entry::vectors`), which
/// answers with 1 in x0 and goes on with A masked.
#[inline(always)]
fn drain() -> bool {
    let taken: u64;
    // SAFETY: barriers, and an exception that changes the named registers and the flags only, beside ELR_EL2, SPSR_EL2
    // and ESR_EL2, which are saved or read by now.
    unsafe {
        core::arch::asm!(
            "adr x1, 2f", "mov x0, xzr", "dsb sy", "msr daifclr, #4", "isb", "2: msr daifset, #4",
            out("x0") taken, out("x1") _, out("x2") _, options(nostack));
    }
    taken != 0
}

impl Core {
    /// The guest of this vCPU, which is loaded, stops running. What it did until here is done, and its own.
    #[inline(always)]
    pub(super) fn take_serror(&self, vcpu: Ref<Vcpu>) {
        if drain() {
            self.pend_taken(vcpu);
        }
    }

    /// Out of line: others pay nothing for it.
    #[cold]
    #[inline(never)]
    fn pend_taken(&self, vcpu: Ref<Vcpu>) {
        self.pend_serror(vcpu);
    }

    /// HCR_EL2 is the guest's until now: the hardware clears VSE when the guest has taken the virtual SError.
    #[inline(always)]
    pub(super) fn save_pending_serror(&self, vcpu: Ref<Vcpu>) {
        if vcpu.hcr.get() & VSE != 0 {
            vcpu.hcr.set(hcr_el2::read());
        }
    }
}

impl SystemError for Core {
    fn pend_serror(&self, vcpu: Ref<Vcpu>) {
        vcpu.hcr.set(vcpu.hcr.get() | VSE);
        if self.in_guest.get() && self.vcpu.get() == Some(vcpu) {
            hcr_el2::write(vcpu.hcr.get());
        }
    }
}
