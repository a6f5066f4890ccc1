// SPDX-License-Identifier: MIT OR Apache-2.0
//! HVC and SMC: PSCI, whichever conduit the guest takes.

use crate::console::Serial;
use crate::inject;
use crate::psci::{self, Answer};
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};
use arm_syndrome::{Class, Condition, Esr, Spsr};

/// No call has more than x1 to x3.
const LAST_ARGUMENT: u8 = 3;
/// Four bytes long in T32 as well.
const HVC32: Esr = Esr::from_fields(Class::HVC32, true, 0);

impl<S: Serial> Vm<'_, S> {
    /// HVC. The kernel reports the PC at the instruction.
    pub(crate) fn hypercall(&mut self, vcpu: &mut impl Vcpu) -> Next {
        let (pc, spsr) = (self.frame.pc(vcpu), Spsr(self.frame.spsr(vcpu)));
        if spsr.is_aarch32() {
            inject::advance(HVC32, self.frame, vcpu);
        } else {
            self.frame.set_pc(pc.wrapping_add(4));
        }
        self.call(vcpu)
    }

    /// SMC. The PC is at the instruction.
    pub(crate) fn secure_call(&mut self, condition: Condition, esr: Esr, vcpu: &mut impl Vcpu) -> Next {
        if !self.executes(condition, esr, vcpu) {
            return Next::Resume;
        }
        inject::advance(esr, self.frame, vcpu);
        self.call(vcpu)
    }

    fn call(&mut self, vcpu: &mut impl Vcpu) -> Next {
        let function = self.frame.x(0, vcpu) as u32;
        match psci::call(function, || {
            // The last one brings the others along.
            self.frame.x(LAST_ARGUMENT, vcpu);
            [1, 2, LAST_ARGUMENT].map(|register| self.frame.x(register, vcpu))
        }) {
            Answer::Return(value) => {
                self.frame.set_x(0, i64::from(value) as u64);
                Next::Resume
            }
            Answer::Suspend => {
                self.frame.set_x(0, 0);
                self.wait_for_interrupt(vcpu)
            }
            Answer::Off => self.power_off(vcpu),
            Answer::Reset => self.reset(vcpu),
        }
    }
}
