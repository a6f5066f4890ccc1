// SPDX-License-Identifier: MIT OR Apache-2.0
//! MCR, MRC, MCRR, MRRC, LDC, STC and VMRS that trap: of 32-bit guests, and of 32-bit programs in 64-bit ones.

use crate::console::Serial;
use crate::inject;
use crate::trace::Outcome as Traced;
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};
use arm_syndrome::{Condition, Coprocessor, CpAccess32, CpAccess64, CpMemory, CpReg, Direction, Esr, Register, Spsr};
use arm_trap_table::aarch32::{self, Row32, feature_of_vmrs};
use arm_trap_table::{Access, Outcome};
use core::fmt::Display;

/// VMRS's opc1 in a syndrome; CRn is the register.
const VMRS: u8 = 0b111;

/// One side of the transfer, and what it is about.
struct Wanted<R> {
    register: R,
    name: &'static str,
    direction: Direction,
}

impl<S: Serial> Vm<'_, S> {
    /// MCR or MRC.
    pub(crate) fn coprocessor(
        &mut self,
        coprocessor: Coprocessor,
        access: CpAccess32,
        esr: Esr,
        vcpu: &mut impl Vcpu,
    ) -> Next {
        let register = access.register(coprocessor);
        let value = self.frame.x(access.rt.number(), vcpu);
        if !self.executes(access.condition, esr, vcpu) {
            return Next::Resume;
        }
        if is_lazy(register) {
            self.journal.count_trap(self.number.unwrap_or(0));
        }
        let row = aarch32::lookup(register);
        let outcome = self.run(row, is_reserved_feature(register), access.direction, value, vcpu);
        let name = row.map_or("unknown", |row| row.name);
        let wanted = Wanted { register, name, direction: access.direction };
        self.finish(wanted, outcome, esr, vcpu, |vm, value, vcpu| vm.put(access.rt, value, vcpu))
    }

    /// MCRR or MRRC.
    pub(crate) fn coprocessor_wide(
        &mut self,
        coprocessor: Coprocessor,
        access: CpAccess64,
        esr: Esr,
        vcpu: &mut impl Vcpu,
    ) -> Next {
        let register = access.register(coprocessor);
        let [low, high] = [access.rt, access.rt2].map(|rt| self.frame.x(rt.number(), vcpu) & u64::from(u32::MAX));
        if !self.executes(access.condition, esr, vcpu) {
            return Next::Resume;
        }
        let row = aarch32::lookup_wide(register);
        let outcome = self.run(row, false, access.direction, high << 32 | low, vcpu);
        let name = row.map_or("unknown", |row| row.name);
        let wanted = Wanted { register, name, direction: access.direction };
        self.finish(wanted, outcome, esr, vcpu, |vm, value, _| {
            vm.frame.set_x(access.rt.number(), value & u64::from(u32::MAX));
            vm.frame.set_x(access.rt2.number(), value >> 32);
        })
    }

    /// LDC to DBGDTRTXint or STC of DBGDTRRXint, with or without writeback: undefined, as the tables' documentation says.
    pub(crate) fn coprocessor_memory(&mut self, access: CpMemory, esr: Esr, vcpu: &mut impl Vcpu) -> Next {
        if !self.executes(access.condition, esr, vcpu) {
            return Next::Resume;
        }
        let (vm, pc) = (self.config.name, self.frame.pc(vcpu));
        let what = if access.direction.is_read() { "STC of DBGDTRRXint" } else { "LDC to DBGDTRTXint" };
        self.console.complain(format_args!("{vm}: {what} at {pc:#x}: undefined"));
        self.note.outcome = Traced::Undefined;
        inject::undefined(self.frame, vcpu);
        Next::Resume
    }

    /// VMRS of an ID register.
    pub(crate) fn vmrs(&mut self, access: CpAccess32, esr: Esr, vcpu: &mut impl Vcpu) -> Next {
        if !self.executes(access.condition, esr, vcpu) {
            return Next::Resume;
        }
        let register = feature_of_vmrs(access.crn).filter(|_| access.opc1 == VMRS && access.direction.is_read());
        let from_el0 = Spsr(self.frame.spsr(vcpu)).is_el0();
        let outcome = register
            .and_then(arm_trap_table::lookup)
            .and_then(|row| row.access(vcpu, Access::Read, from_el0).ok())
            .unwrap_or(Outcome::Undefined);
        let wanted = Wanted { register: access.crn, name: "VMRS", direction: access.direction };
        self.finish(wanted, outcome, esr, vcpu, |vm, value, _| vm.frame.set_x(access.rt.number(), value))
    }

    /// A trapped instruction that fails its condition has no effect, but is over.
    pub(crate) fn executes(&mut self, condition: Condition, esr: Esr, vcpu: &mut impl Vcpu) -> bool {
        let holds = condition.holds(Spsr(self.frame.spsr(vcpu)));
        if !holds {
            inject::advance(esr, self.frame, vcpu);
        }
        holds
    }

    fn run<K>(
        &mut self,
        row: Option<&Row32<K>>,
        reads_zero: bool,
        direction: Direction,
        value: u64,
        vcpu: &mut impl Vcpu,
    ) -> Outcome {
        let from_el0 = Spsr(self.frame.spsr(vcpu)).is_el0();
        let access = if direction.is_read() { Access::Read } else { Access::Write(value) };
        match row {
            Some(row) => row.access(vcpu, access, from_el0).unwrap_or(Outcome::Undefined),
            None if reads_zero && direction.is_read() && !from_el0 => Outcome::Value(0),
            None => Outcome::Undefined,
        }
    }

    fn finish<R: Display, V: Vcpu>(
        &mut self,
        wanted: Wanted<R>,
        outcome: Outcome,
        esr: Esr,
        vcpu: &mut V,
        put: impl FnOnce(&mut Self, u64, &mut V),
    ) -> Next {
        match outcome {
            Outcome::Value(value) => put(self, value, vcpu),
            Outcome::Done => {}
            Outcome::Undefined => {
                let (vm, pc) = (self.config.name, self.frame.pc(vcpu));
                let what = if wanted.direction.is_read() { "read" } else { "write" };
                let Wanted { register, name, .. } = wanted;
                self.console.complain(format_args!("{vm}: {what} of {register} ({name}) at {pc:#x}: undefined"));
                self.note.outcome = Traced::Undefined;
                inject::undefined(self.frame, vcpu);
                return Next::Resume;
            }
        }
        inject::advance(esr, self.frame, vcpu);
        Next::Resume
    }

    /// A value for Rt; register 31 is APSR_nzcv.
    fn put(&mut self, rt: Register, value: u64, vcpu: &mut impl Vcpu) {
        if rt == Register::ZERO {
            let spsr = Spsr(self.frame.spsr(vcpu)).with_nzcv(value);
            self.frame.set_spsr(spsr.0);
        } else {
            self.frame.set_x(rt.number(), value);
        }
    }
}

/// A debug register that need not trap, as in AArch64.
const fn is_lazy(register: CpReg) -> bool {
    matches!(register.coprocessor(), Coprocessor::P14)
        && register.opc1() == 0
        && !(register.crn() == 1 && register.opc2() != 1)
        && register.crn() != 2
}

/// The space of ID registers that `HCR_EL2.TID3` traps: c0, c1 to c7; what is not used reads as zero.
const fn is_reserved_feature(register: CpReg) -> bool {
    matches!(register.coprocessor(), Coprocessor::P15)
        && register.opc1() == 0
        && register.crn() == 0
        && register.crm() >= 1
        && register.crm() <= 7
}
