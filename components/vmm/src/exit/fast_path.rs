// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fast path: the exits that most guests make most often, from the words of the message to the words of a reply,
//! with nothing else read or written. Everything else, and any kernel that gives no context, takes the slow path,
//! [`Vm::exit`], which does the same for these (`vm::tests` compares both).

use super::ReplyContext;
use super::call::{NOT_SUPPORTED, answer_at_once};
use super::hypercall::{HVC32, HVC64, SMC64};
use super::register::backend::{CarriedWrite, carry_out};
use super::register::resolve::{self, Place, RegisterAccess, TrapRow};
use crate::console::Serial;
use crate::vcpu::{KernelVcpu, Vcpu, Width};
use crate::vm::Vm;
use arm_syndrome::{Class, Context, Coprocessor, CpAccess32, DataAbort, Esr, Register, Spsr, Syndrome, SysRegAccess};
use arm_trap_table::{AccessResult, Encoding};
use core::fmt::Display;
use lazaret_abi::fault_context::{self, NO_REGISTER};

/// A trapped instruction with everything about it.
struct Trap {
    esr: Esr,
    at: Context,
    value: u64,
    /// The kernel's number for the fault.
    number: u32,
}

impl Trap {
    /// From the message.
    #[inline(always)]
    const fn of(words: [u64; fault_context::VCPU_LENGTH]) -> Self {
        let [esr, pc, spsr, value] = words;
        let at = Context { pc, spsr: Spsr(spsr & fault_context::SPSR_MASK) };
        let number = (spsr >> fault_context::NUMBER_SHIFT) as u32;
        Self { esr: Esr::new(esr), at, value, number }
    }

    /// From the message of an abort, if it is of data.
    #[inline(always)]
    fn of_abort([status, pc, _, value]: [u64; fault_context::ABORT_LENGTH]) -> Option<Self> {
        let (esr, at) = (Esr::new(status & 0xffff_ffff), Context { pc, spsr: Spsr(status >> 32) });
        (esr.class() == Class::DATA_ABORT_LOWER).then_some(Self { esr, at, value, number: 0 })
    }

    /// On after the instruction, with a register written.
    #[inline]
    fn reply(&self, register: u64, value: u64) -> ReplyContext {
        let next = self.at.advance(self.esr);
        [next.pc, next.spsr.0, register, value]
    }

    /// On after a read. Two registers are more than a reply has room for.
    #[inline]
    fn reply_with_value(&self, place: Place, value: u64) -> Option<ReplyContext> {
        match place {
            Place::Register(rt) => Some(self.reply(rt.number().into(), value)),
            Place::Flags => {
                let [pc, spsr, register, _] = self.reply(NO_REGISTER, 0);
                Some([pc, Spsr(spsr).with_nzcv(value).0, register, 0])
            }
            Place::Pair(..) => None,
        }
    }
}

impl<'a, S: Serial> Vm<'a, S> {
    /// A trapped instruction of a 64-bit guest, told with its context. `None`: nothing has happened, and
    /// [`Self::fast_trap_aarch32`] or the slow path has to do it.
    ///
    /// An exit that changes a section of the state has no fast path: its reply is part of what is committed. Nor has one
    /// that the trace wants to hear of.
    #[inline(always)]
    pub fn fast_trap(
        &mut self,
        words: [u64; fault_context::VCPU_LENGTH],
        kernel: &mut impl KernelVcpu,
    ) -> Option<ReplyContext> {
        let trap = Trap::of(words);
        let vcpu = self.unwatched_vcpu(kernel)?;
        match trap.esr.class() {
            Class::HVC64 | Class::SMC64 => {
                let is_call = trap.esr == HVC64 || trap.esr == SMC64;
                let value = if is_call { answer_at_once(trap.value as u32, Width::Aarch64)? } else { NOT_SUPPORTED };
                Some([trap.at.pc.wrapping_add(4), trap.at.spsr.0, 0, i64::from(value) as u64])
            }
            Class::SYS_REG => {
                let access = resolve::named_system_register(SysRegAccess::from_iss(trap.esr.iss()))?;
                register(&access, &trap, vcpu, kernel)
            }
            _ => None,
        }
    }

    /// As [`Self::fast_trap`], of a 32-bit guest. It is apart, so that 64-bit guests do not pay for it.
    #[inline(never)]
    pub fn fast_trap_aarch32(
        &mut self,
        words: [u64; fault_context::VCPU_LENGTH],
        kernel: &mut impl KernelVcpu,
    ) -> Option<ReplyContext> {
        let trap = Trap::of(words);
        let vcpu = self.unwatched_vcpu(kernel)?;
        match trap.esr.class() {
            Class::CP14_32 => coprocessor(Coprocessor::P14, &trap, vcpu, kernel),
            Class::CP15_32 => coprocessor(Coprocessor::P15, &trap, vcpu, kernel),
            Class::HVC32 => {
                let is_call = trap.esr == HVC32;
                let value = if is_call { answer_at_once(trap.value as u32, Width::Aarch32)? } else { NOT_SUPPORTED };
                let next = trap.at.advance(HVC32);
                Some([next.pc, next.spsr.0, 0, i64::from(value) as u64])
            }
            Class::SMC32 => {
                let Syndrome::Smc { condition, .. } = trap.esr.decode() else { return None };
                if !condition.holds(trap.at.spsr) {
                    return Some(trap.reply(NO_REGISTER, 0));
                }
                let value = answer_at_once(trap.value as u32, Width::Aarch32)?;
                Some(trap.reply(0, i64::from(value) as u64))
            }
            _ => None,
        }
    }

    /// Whether a trap is one that [`Self::fast_trap_aarch32`] may answer.
    #[inline(always)]
    pub const fn is_aarch32_trap(esr: u64) -> bool {
        matches!(Esr::new(esr).class(), Class::CP14_32 | Class::CP15_32 | Class::HVC32 | Class::SMC32)
    }

    /// The vCPU, unless its exit ends a wait, or somebody looks on.
    #[inline(always)]
    fn unwatched_vcpu(&mut self, kernel: &impl KernelVcpu) -> Option<&mut Vcpu<'a>> {
        let vcpu = &mut self.vcpus[kernel.id().index()];
        (!vcpu.power.is_parked() && !self.platform.is_watched()).then_some(vcpu)
    }

    /// As [`Self::fast_trap`], of an abort: loads that change nothing.
    #[inline(always)]
    pub fn fast_abort(
        &mut self,
        words: [u64; fault_context::ABORT_LENGTH],
        kernel: &mut impl KernelVcpu,
    ) -> Option<ReplyContext> {
        let trap = Trap::of_abort(words)?;
        if trap.at.spsr.is_aarch32() {
            return None;
        }
        self.load(&trap, words, Some, kernel)
    }

    /// As [`Self::fast_trap_aarch32`], of an abort. Big-endian data and loads of PC are the slow path's.
    #[inline(never)]
    pub fn fast_abort_aarch32(
        &mut self,
        words: [u64; fault_context::ABORT_LENGTH],
        kernel: &mut impl KernelVcpu,
    ) -> Option<ReplyContext> {
        let trap = Trap::of_abort(words)?;
        let spsr = trap.at.spsr;
        let is_ordinary = spsr.is_aarch32() && spsr.0 & Spsr::E == 0;
        let register = |rt: Register| (is_ordinary && rt.number() != 15).then(|| rt.in_mode_of(spsr));
        self.load(&trap, words, register, kernel)
    }

    /// A load that the syndrome describes. `register`: which one it goes to, if there is nothing special about it.
    #[inline(always)]
    fn load(
        &mut self,
        trap: &Trap,
        [_, _, ipa, _]: [u64; fault_context::ABORT_LENGTH],
        register: impl Fn(Register) -> Option<Register>,
        kernel: &mut impl KernelVcpu,
    ) -> Option<ReplyContext> {
        self.unwatched_vcpu(kernel)?;
        let abort = DataAbort::from_iss(trap.esr.iss());
        let transfer = abort.transfer.filter(|_| abort.direction.is_read())?;
        let rt = register(transfer.rt)?;
        let (bus, mut outside) = self.platform.devices(kernel);
        let value = bus.peek(ipa, transfer.size.bytes() as u8, &mut outside)?;
        Some(trap.reply(rt.number().into(), transfer.loaded(value)))
    }
}

/// MCR or MRC.
fn coprocessor(
    coprocessor: Coprocessor,
    trap: &Trap,
    vcpu: &mut Vcpu<'_>,
    kernel: &mut impl KernelVcpu,
) -> Option<ReplyContext> {
    let access = CpAccess32::from_iss(trap.esr.iss());
    if !access.condition.holds(trap.at.spsr) {
        return Some(trap.reply(NO_REGISTER, 0));
    }
    let named = access.rt;
    let access = access.in_mode_of(trap.at.spsr);
    if access.rt != named && !access.direction.is_read() {
        // The message's value is of another register.
        return None;
    }
    register(&resolve::coprocessor(coprocessor, access), trap, vcpu, kernel)
}

/// An access to a register, of either width.
#[inline(always)]
fn register<E: Encoding + Display, R: TrapRow>(
    access: &RegisterAccess<E, R>,
    trap: &Trap,
    vcpu: &mut Vcpu<'_>,
    kernel: &mut impl KernelVcpu,
) -> Option<ReplyContext> {
    let (wanted, from_el0) = (access.with_value(trap.value), trap.at.spsr.is_el0());
    let (outcome, write) = carry_out(access.row, wanted, from_el0, &mut vcpu.os_lock, kernel);
    let reply = match (outcome, write) {
        (AccessResult::Undefined, _) => return None,
        (AccessResult::Value(value), _) => trap.reply_with_value(access.place, value)?,
        (AccessResult::Done, None) => trap.reply(NO_REGISTER, 0),
        (AccessResult::Done, Some(CarriedWrite { register, value, dirty })) => {
            trap.reply(fault_context::debug_write(register, dirty), value)
        }
    };
    if access.register.is_lazy() {
        vcpu.exits.count_trap(trap.number);
    }
    Some(reply)
}

#[cfg(test)]
mod tests;
