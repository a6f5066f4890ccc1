// SPDX-License-Identifier: MIT OR Apache-2.0
//! Instructions that trap: which handler takes which syndrome.

use super::{Handler, Next};
use crate::console::Serial;
use crate::vcpu::KernelVcpu;
use arm_syndrome::{Class, Condition, Coprocessor, Esr, Spsr, Syndrome};

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// A VCPUFault.
    #[inline]
    pub(super) fn trap(&mut self, esr: u64) -> Next {
        let esr = Esr::new(esr);
        match esr.decode() {
            Syndrome::SysReg(access) => self.system_register(access, esr),
            Syndrome::Wait(wait) => self.trapped_wait(wait, esr),
            Syndrome::Hvc(immediate) => self.hypercall(immediate),
            Syndrome::Smc { immediate, condition } => self.secure_call(immediate, condition, esr),
            Syndrome::Cp14(access) => self.coprocessor(Coprocessor::P14, access, esr),
            Syndrome::Cp15(access) => self.coprocessor(Coprocessor::P15, access, esr),
            Syndrome::Cp14Wide(access) => self.coprocessor_wide(Coprocessor::P14, access, esr),
            Syndrome::Cp15Wide(access) => self.coprocessor_wide(Coprocessor::P15, access, esr),
            Syndrome::Cp14Memory(access) => self.coprocessor_memory(access, esr),
            Syndrome::Vmrs(access) => self.vmrs(access, esr),
            _ => match self.debug_exception(esr) {
                Some(next) => next,
                None => self.unexpected(esr.class()),
            },
        }
    }

    fn unexpected(&mut self, class: Class) -> Next {
        let (name, pc) = (self.platform.config.name, self.vcpu.registers.pc(self.kernel));
        self.platform.warn_rate_limited(format_args!("{name}: unexpected {} at {pc:#x}: undefined", class.name()));
        self.undefined()
    }

    /// Whether a trapped instruction executes. One that fails its condition has no effect, but is over.
    pub(super) fn executes(&mut self, condition: Condition, esr: Esr) -> bool {
        let holds = condition.holds(Spsr(self.vcpu.registers.spsr(self.kernel)));
        if !holds {
            self.advance(esr);
        }
        holds
    }

    /// Go on after the trapped instruction.
    #[inline]
    pub(super) fn advance(&mut self, trapped: Esr) {
        super::inject::advance(trapped, self.vcpu.registers, self.kernel);
    }
}

#[cfg(test)]
mod tests;
