// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exits that most guests make most often, by a short way: those that the words of the message are enough for,
//! and the words of a reply. Everything else, and any kernel that gives no context, goes through [`Vm::exit`], which
//! does the same for these (`vm::tests` compares both).

use crate::console::Serial;
use crate::psci;
use crate::trap::registers::{self, CarriedWrite};
use crate::vcpu::Vcpu;
use crate::vm::Vm;
use arm_syndrome::{Class, Context, DataAbort, Esr, Spsr, SysRegAccess};
use arm_trap_table::{Access, Outcome};
use lazaret_abi::fault_context::{self, NO_REGISTER};

/// How the guest goes on, as a reply says it (`lazaret_abi::fault_context`).
pub type Answer = [u64; fault_context::REPLY_LENGTH];

/// A trapped instruction with everything about it.
struct Trap {
    esr: Esr,
    at: Context,
    value: u64,
}

impl Trap {
    /// On after the instruction, with a register written.
    #[inline]
    fn answer(&self, register: u64, value: u64) -> Answer {
        let next = self.at.advance(self.esr);
        [next.pc, next.spsr.0, register, value]
    }
}

impl<S: Serial> Vm<'_, S> {
    /// Answer a trapped instruction, told with its context. `None`: nothing has happened.
    ///
    /// An exit that changes a section of the state has no short way: its answer is part of what is committed. Nor has
    /// one that the trace wants to hear of.
    #[inline]
    pub fn short_trap(&mut self, words: [u64; fault_context::VCPU_LENGTH], vcpu: &mut impl Vcpu) -> Option<Answer> {
        if self.is_watched() {
            return None;
        }
        let [esr, pc, spsr, value] = words;
        let at = Context { pc, spsr: Spsr(spsr & fault_context::SPSR_MASK) };
        let trap = Trap { esr: Esr::new(esr), at, value };
        match trap.esr.class() {
            Class::HVC64 => {
                let value = i64::from(psci::constant(trap.value as u32)?) as u64;
                Some([trap.at.pc.wrapping_add(4), trap.at.spsr.0, 0, value])
            }
            Class::SYS_REG => {
                let number = (spsr >> fault_context::NUMBER_SHIFT) as u32;
                self.short_register(SysRegAccess::from_iss(trap.esr.iss()), &trap, number, vcpu)
            }
            _ => None,
        }
    }

    /// As [`Self::short_trap`] of an abort: loads that change nothing.
    #[inline]
    pub fn short_abort(&mut self, words: [u64; fault_context::ABORT_LENGTH]) -> Option<Answer> {
        let [status, pc, ipa, value] = words;
        let trap = Trap { esr: Esr::new(status & 0xffff_ffff), at: Context { pc, spsr: Spsr(status >> 32) }, value };
        if self.is_watched() || trap.esr.class() != Class::DATA_ABORT_LOWER {
            return None;
        }
        let abort = DataAbort::from_iss(trap.esr.iss());
        let transfer = abort.transfer.filter(|_| abort.direction.is_read())?;
        let value = self.look(ipa, transfer.size.bytes() as u8)?;
        Some(trap.answer(transfer.rt.number().into(), transfer.loaded(value)))
    }

    /// The exit ends a wait, or is recorded.
    #[inline(always)]
    fn is_watched(&self) -> bool {
        self.power.is_parked() || self.is_recorded()
    }

    #[inline]
    fn short_register(
        &mut self,
        access: SysRegAccess,
        trap: &Trap,
        number: u32,
        vcpu: &mut impl Vcpu,
    ) -> Option<Answer> {
        let wanted = if access.direction.is_read() { Access::Read } else { Access::Write(trap.value) };
        let (outcome, write) = self.access_register(access.register, wanted, trap.at.spsr.is_el0(), vcpu);
        let answer = match (outcome, write) {
            (Outcome::Undefined, _) => return None,
            (Outcome::Value(value), _) => trap.answer(access.rt.number().into(), value),
            (Outcome::Done, None) => trap.answer(NO_REGISTER, 0),
            (Outcome::Done, Some(CarriedWrite { register, value, dirty })) => {
                trap.answer(fault_context::debug_write(register, dirty), value)
            }
        };
        if registers::is_lazy(access.register) {
            self.journal.count_trap(number);
        }
        Some(answer)
    }
}
