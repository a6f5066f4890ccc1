// SPDX-License-Identifier: MIT OR Apache-2.0
//! HVC and SMC: PSCI, whichever conduit the guest takes.

use super::psci::{self, Action};
use super::{Handler, Next};
use crate::console::Serial;
use crate::vcpu::KernelVcpu;
use arm_syndrome::{Class, Condition, Esr, Spsr};

/// No call has more than x1 to x3.
const LAST_ARGUMENT: u8 = 3;
/// Four bytes long in T32 as well.
pub(super) const HVC32: Esr = Esr::from_fields(Class::HVC32, true, 0);

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// HVC. The kernel reports the PC at the instruction.
    pub(super) fn hypercall(&mut self) -> Next {
        let pc = self.vcpu.registers.pc(self.kernel);
        if Spsr(self.vcpu.registers.spsr(self.kernel)).is_aarch32() {
            self.advance(HVC32);
        } else {
            self.vcpu.registers.set_pc(pc.wrapping_add(4));
        }
        self.call()
    }

    /// SMC. The PC is at the instruction.
    pub(super) fn secure_call(&mut self, condition: Condition, esr: Esr) -> Next {
        if !self.executes(condition, esr) {
            return Next::Resume;
        }
        self.advance(esr);
        self.call()
    }

    fn call(&mut self) -> Next {
        let function = self.vcpu.registers.x(0, self.kernel) as u32;
        match psci::call(function, || {
            // The last one brings the others along.
            self.vcpu.registers.x(LAST_ARGUMENT, self.kernel);
            [1, 2, LAST_ARGUMENT].map(|register| self.vcpu.registers.x(register, self.kernel))
        }) {
            Action::Return(value) => {
                self.vcpu.registers.set_x(0, i64::from(value) as u64);
                Next::Resume
            }
            Action::Suspend => {
                self.vcpu.registers.set_x(0, 0);
                self.wait_for_interrupt()
            }
            Action::Off => self.power_off(),
            Action::Reset => self.reset(),
        }
    }
}
