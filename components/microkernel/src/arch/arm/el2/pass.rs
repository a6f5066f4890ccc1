// SPDX-License-Identifier: MIT OR Apache-2.0
//! The core passed from a guest to its VMM and back while nothing else happens (`fastpath::resident`).
//!
//! What both keep stays in the hardware: the guest's EL1 state, its virtual GIC, and its virtual timer, which is
//! stopped only if something else does happen, or if the guest's count is not the VMM's.

use super::sysreg::*;
use super::{Core, Ready, debug, native};
use crate::arch::ResidentPass;
use crate::arch::arm::{errata, policy};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Context, Tcb};
use core::cell::Cell;
use sel4_abi::vcpu_reg::VcpuReg;

/// What does not change from pass to pass.
pub struct Passing {
    guest_base: Cell<u64>,
    native_base: Cell<u64>,
    /// What this guest has that others have not, so that a pass asks once: [`FP`], [`OFFSET`].
    extras: Cell<u32>,
}

/// The floating-point registers are the guest's.
const FP: u32 = 1 << 0;
/// The guest's virtual counter has an offset, which its VMM's has not: the guest's timer stops meanwhile.
const OFFSET: u32 = 1 << 1;
/// Before the guest runs, the core has to forget loads (`native::forget_loads`).
const FORGETS: u32 = 1 << 2;

impl Passing {
    pub(super) const fn new() -> Self {
        Self { guest_base: Cell::new(0), native_base: Cell::new(0), extras: Cell::new(0) }
    }

    fn has(&self, extra: u32) -> bool {
        self.extras.get() & extra != 0
    }
}

impl Core {
    fn extras(&self) -> u32 {
        let offset = self.vcpu.get().is_some_and(|vcpu| vcpu.regs[VcpuReg::Cntvoff as usize].get() != 0);
        let fp = self.fp_owner.get() == self.vcpu.get();
        u32::from(fp) * FP | u32::from(offset) * OFFSET | u32::from(self.forgets_loads.get()) * FORGETS
    }
}

impl ResidentPass for Core {
    type Ready = Ready;
    fn begin_passing(&self, kernel: &Kernel, guest: Ref<Tcb>, handler: Ref<Tcb>) -> bool {
        let passing = &self.passing;
        passing.native_base.set(self.vspace_of(kernel, handler));
        // Last: the first may have taken its VMID.
        passing.guest_base.set(self.vspace_of(kernel, guest));
        passing.extras.set(self.extras());
        // HCR_EL2 says when a virtual SError has been taken: a pass does not look.
        let has_serror = self.vcpu.get().is_some_and(|vcpu| vcpu.hcr.get() & policy::hcr::VSE != 0);
        self.in_guest.get() && passing.guest_base.get() == self.vttbr.get() && !has_serror
    }
    #[inline(always)]
    fn pass_to_handler(&self, guest: &Context, handler: &Context) {
        guest.tpidr_el0.set(tpidr_el0::read());
        guest.tpidrro_el0.set(tpidrro_el0::read());
        tpidr_el0::write(handler.tpidr_el0.get());
        tpidrro_el0::write(handler.tpidrro_el0.get());
        vttbr_el2::write(self.passing.native_base.get());
        if let Some(vcpu) = self.vcpu.get() {
            self.shim.leave_to_native(vcpu, &debug::Hardware);
            native::hide_el1(&vcpu);
            if self.passing.extras.get() != 0 {
                if self.passing.has(FP) {
                    cptr_el2::write(policy::CPTR_FP_TRAPPED);
                }
                if self.passing.has(OFFSET) {
                    native::hide_time(&vcpu);
                }
            }
        }
        hcr_el2::write(policy::HCR_NATIVE);
    }
    #[inline(always)]
    fn can_pass_to_guest(&self) -> Option<Ready> {
        self.shim.ready(self.vcpu.get()?)
    }
    #[inline(always)]
    fn pass_to_guest(&self, handler: &Context, guest: &Context, ready: Option<Ready>) {
        handler.tpidr_el0.set(tpidr_el0::read());
        tpidr_el0::write(guest.tpidr_el0.get());
        tpidrro_el0::write(guest.tpidrro_el0.get());
        vttbr_el2::write(self.passing.guest_base.get());
        if let Some(vcpu) = self.vcpu.get() {
            if self.passing.extras.get() != 0 {
                if self.passing.has(FP) {
                    cptr_el2::write(policy::CPTR_FP_OPEN);
                }
                if self.passing.has(OFFSET) {
                    native::show_time(&vcpu);
                }
                if errata::ON_SILICON && self.passing.has(FORGETS) {
                    native::forget_loads();
                }
            }
            native::show_el1(&vcpu);
            match ready {
                Some(ready) => self.open_to(self.shim.enter_ready(ready, &debug::Hardware)),
                None => self.arm_and_open(vcpu),
            }
        }
    }
    fn end_passing(&self, running: Ref<Tcb>, is_handler: bool) {
        self.thread.set(Some(running));
        self.in_guest.set(!is_handler);
        let passing = &self.passing;
        self.vttbr.set(if is_handler { passing.native_base.get() } else { passing.guest_base.get() });
        if let Some(vcpu) = self.vcpu.get()
            && is_handler
        {
            if !passing.has(OFFSET) {
                native::hide_time(&vcpu);
            }
            self.take_serror(vcpu);
        }
    }
}
