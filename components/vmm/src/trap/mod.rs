// SPDX-License-Identifier: MIT OR Apache-2.0
//! Instructions that trap, each kind in its file.

mod coprocessor;
mod hypercall;
mod mmio;
pub(crate) mod registers;
mod sysreg;
mod wait;

use crate::console::Serial;
use crate::inject;
use crate::trace::Outcome;
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};
use arm_syndrome::{Class, Coprocessor, Esr, Syndrome};

impl<S: Serial> Vm<'_, S> {
    /// A VCPUFault.
    #[inline]
    pub(crate) fn trap(&mut self, esr: u64, vcpu: &mut impl Vcpu) -> Next {
        let esr = Esr::new(esr);
        match esr.decode() {
            Syndrome::SysReg(access) => self.system_register(access, esr, vcpu),
            Syndrome::Wait(wait) => self.trapped_wait(wait, esr, vcpu),
            Syndrome::Hvc(_) => self.hypercall(vcpu),
            Syndrome::Smc { condition, .. } => self.secure_call(condition, esr, vcpu),
            Syndrome::Cp14(access) => self.coprocessor(Coprocessor::P14, access, esr, vcpu),
            Syndrome::Cp15(access) => self.coprocessor(Coprocessor::P15, access, esr, vcpu),
            Syndrome::Cp14Wide(access) => self.coprocessor_wide(Coprocessor::P14, access, esr, vcpu),
            Syndrome::Cp15Wide(access) => self.coprocessor_wide(Coprocessor::P15, access, esr, vcpu),
            Syndrome::Cp14Memory(access) => self.coprocessor_memory(access, esr, vcpu),
            Syndrome::Vmrs(access) => self.vmrs(access, esr, vcpu),
            _ => self.unexpected(esr.class(), vcpu),
        }
    }

    fn unexpected(&mut self, class: Class, vcpu: &mut impl Vcpu) -> Next {
        let (name, pc) = (self.config.name, self.frame.pc(vcpu));
        self.console.complain(format_args!("{name}: unexpected {} at {pc:#x}: undefined", class.name()));
        self.note.outcome = Outcome::Undefined;
        inject::undefined(self.frame, vcpu);
        Next::Resume
    }
}

#[cfg(test)]
mod tests;
