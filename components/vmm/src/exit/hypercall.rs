// SPDX-License-Identifier: MIT OR Apache-2.0
//! HVC and SMC: calls, whichever conduit the guest takes.

use super::call::{self, Action, NOT_SUPPORTED};
use super::{Handler, Next};
use crate::console::Serial;
use crate::vcpu::{KernelVcpu, Width};
use arm_syndrome::{Class, Condition, Esr, Spsr};

/// The only immediate that the calling convention has (DEN0028, 2.9).
const CALL: u16 = 0;
/// Four bytes long in T32 as well.
pub(super) const HVC32: Esr = Esr::from_fields(Class::HVC32, true, CALL as u32);
/// HVC and SMC of a 64-bit guest that are calls.
pub(super) const HVC64: Esr = Esr::from_fields(Class::HVC64, true, CALL as u32);
pub(super) const SMC64: Esr = Esr::from_fields(Class::SMC64, true, CALL as u32);

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// HVC. The kernel reports the PC at the instruction. Calls are out of line, so that other exits need not save the
    /// registers that these use.
    #[inline(never)]
    pub(super) fn hypercall(&mut self, immediate: u16) -> Next {
        let pc = self.vcpu.registers.pc(self.kernel);
        if self.caller() == Width::Aarch32 {
            self.advance(HVC32);
        } else {
            self.vcpu.registers.set_pc(pc.wrapping_add(4));
        }
        self.call(immediate)
    }

    /// HVC on a kernel that does not tell its immediate.
    #[inline(never)]
    pub(super) fn untold_hypercall(&mut self) -> Next {
        self.hypercall(CALL)
    }

    /// SMC. The PC is at the instruction.
    #[inline(never)]
    pub(super) fn secure_call(&mut self, immediate: u16, condition: Condition, esr: Esr) -> Next {
        if !self.executes(condition, esr) {
            return Next::Resume;
        }
        self.advance(esr);
        self.call(immediate)
    }

    fn caller(&mut self) -> Width {
        if Spsr(self.vcpu.registers.spsr(self.kernel)).is_aarch32() { Width::Aarch32 } else { Width::Aarch64 }
    }

    fn call(&mut self, immediate: u16) -> Next {
        match self.action(immediate) {
            Action::Return(value) => self.answer(value),
            Action::Suspend => {
                self.answer(0);
                self.wait()
            }
            Action::TurnOn { target, entry, context } => {
                let answer = self.turn_on(target, entry, context);
                self.answer(answer)
            }
            Action::TurnOff => self.turn_off(),
            Action::Affinity { target, lowest_level } => {
                let answer = self.affinity_info(target, lowest_level);
                self.answer(answer)
            }
            Action::Off => self.power_off(),
            Action::Reset => self.reset(),
        }
    }

    /// On, with this in x0.
    pub(super) fn answer(&mut self, value: i32) -> Next {
        self.vcpu.registers.set_x(0, i64::from(value) as u64);
        Next::Resume
    }

    fn action(&mut self, immediate: u16) -> Action {
        let caller = self.caller();
        let function = self.vcpu.registers.x(0, self.kernel) as u32;
        match call::lookup(function, caller) {
            Some(call) if immediate == CALL => {
                let mut registers = [0; call::table::MOST_ARGUMENTS];
                // The last one brings the others along.
                for n in (0..call.arguments.len()).rev() {
                    registers[n] = self.vcpu.registers.x(n as u8 + 1, self.kernel);
                }
                call.action(function, registers, caller)
            }
            _ => Action::Return(NOT_SUPPORTED),
        }
    }
}
