// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accesses to system registers that trap: MSR and MRS; MCR, MRC, MCRR, MRRC and VMRS of 32-bit guests and of 32-bit
//! programs in 64-bit ones. Whatever the width, an access [resolves](resolve) to a row of a trap table and what is wanted
//! of it, and is finished in one place: on the slow path here, on the fast one in [`super::fast_path`].

pub(super) mod backend;
pub(super) mod resolve;

use super::{Handler, Next};
use crate::console::Serial;
use crate::vcpu::KernelVcpu;
use arm_syndrome::{Coprocessor, CpAccess32, CpAccess64, CpMemory, Esr, Spsr, SysRegAccess};
use arm_trap_table::{Access, AccessResult, Encoding};
use backend::{CarriedWrite, carry_out};
use core::fmt::Display;
use resolve::{Place, RegisterAccess, TrapRow};

/// The 32 bits of an AArch32 register.
const LOW: u64 = u32::MAX as u64;

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// MSR or MRS.
    #[inline]
    pub(super) fn system_register(&mut self, access: SysRegAccess, esr: Esr) -> Next {
        // First, because it brings PC and SPSR along.
        let value = self.vcpu.registers.x(access.rt.number(), self.kernel);
        self.access_register(&resolve::system_register(access), value, esr)
    }

    /// MCR or MRC.
    pub(super) fn coprocessor(&mut self, coprocessor: Coprocessor, access: CpAccess32, esr: Esr) -> Next {
        let access = access.in_mode_of(Spsr(self.vcpu.registers.spsr(self.kernel)));
        let value = self.vcpu.registers.x(access.rt.number(), self.kernel);
        if !self.executes(access.condition, esr) {
            return Next::Resume;
        }
        self.access_register(&resolve::coprocessor(coprocessor, access), value, esr)
    }

    /// MCRR or MRRC.
    pub(super) fn coprocessor_wide(&mut self, coprocessor: Coprocessor, access: CpAccess64, esr: Esr) -> Next {
        let access = access.in_mode_of(Spsr(self.vcpu.registers.spsr(self.kernel)));
        let [low, high] = [access.rt, access.rt2].map(|rt| self.vcpu.registers.x(rt.number(), self.kernel) & LOW);
        if !self.executes(access.condition, esr) {
            return Next::Resume;
        }
        self.access_register(&resolve::coprocessor_wide(coprocessor, access), high << 32 | low, esr)
    }

    /// VMRS of an ID register.
    pub(super) fn vmrs(&mut self, access: CpAccess32, esr: Esr) -> Next {
        let access = access.in_mode_of(Spsr(self.vcpu.registers.spsr(self.kernel)));
        if !self.executes(access.condition, esr) {
            return Next::Resume;
        }
        self.access_register(&resolve::vmrs(access), 0, esr)
    }

    /// LDC to DBGDTRTXint or STC of DBGDTRRXint, with or without writeback: undefined, as the tables' documentation says.
    pub(super) fn coprocessor_memory(&mut self, access: CpMemory, esr: Esr) -> Next {
        if !self.executes(access.condition, esr) {
            return Next::Resume;
        }
        let (vm, pc) = (self.platform.config.name, self.vcpu.registers.pc(self.kernel));
        let what = if access.direction.is_read() { "STC of DBGDTRRXint" } else { "LDC to DBGDTRTXint" };
        self.platform.warn_rate_limited(format_args!("{vm}: {what} at {pc:#x}: undefined"));
        self.undefined()
    }

    /// Carries out an access, and goes on after it. Not inlined: once in the program for each table.
    #[inline(never)]
    fn access_register<E: Encoding + Display, R: TrapRow>(
        &mut self,
        access: &RegisterAccess<E, R>,
        value: u64,
        esr: Esr,
    ) -> Next {
        let from_el0 = Spsr(self.vcpu.registers.spsr(self.kernel)).is_el0();
        if access.register.is_lazy() {
            self.vcpu.exits.count_trap(self.vcpu.exit_number.unwrap_or(0));
        }
        let wanted = access.with_value(value);
        if let Some(register) = access.row.and_then(|row| row.timer(access.direction, from_el0)) {
            if let Some(value) = self.physical_timer(register, wanted) {
                self.vcpu.note.value = Some(value);
                self.put(access.place, value);
            }
            self.advance(esr);
            return Next::Resume;
        }
        let (outcome, refused) = match self.shared_access(access.row, wanted, from_el0) {
            Some(shared) => shared,
            None => self.own_access(access.row, wanted, from_el0),
        };
        if refused {
            self.vcpu.os_lock = None;
        }
        match outcome {
            _ if refused => return self.undefined_register(access),
            AccessResult::Undefined => return self.undefined_register(access),
            AccessResult::Value(value) => {
                self.vcpu.note.value = Some(value);
                self.put(access.place, value);
            }
            AccessResult::Done => {}
        }
        self.advance(esr);
        Next::Resume
    }

    /// An access to registers that are the guest's alone, and whether the kernel has refused it.
    fn own_access<R: TrapRow>(&mut self, row: Option<&R>, access: Access, from_el0: bool) -> (AccessResult, bool) {
        let (outcome, write) = carry_out(row, access, from_el0, &mut self.vcpu.os_lock, self.kernel);
        let refused = write
            .is_some_and(|CarriedWrite { register, value, dirty }| self.kernel.write(register, value, dirty).is_err());
        (outcome, refused)
    }

    fn put(&mut self, place: Place, value: u64) {
        let registers = &mut *self.vcpu.registers;
        match place {
            Place::Register(rt) => registers.set_x(rt.number(), value),
            Place::Flags => {
                let spsr = Spsr(registers.spsr(self.kernel)).with_nzcv(value);
                registers.set_spsr(spsr.0);
            }
            Place::Pair(low, high) => {
                registers.set_x(low.number(), value & LOW);
                registers.set_x(high.number(), value >> 32);
            }
        }
    }

    fn undefined_register<E: Display, R: TrapRow>(&mut self, access: &RegisterAccess<E, R>) -> Next {
        let (vm, pc) = (self.platform.config.name, self.vcpu.registers.pc(self.kernel));
        let what = if access.direction.is_read() { "read" } else { "write" };
        let RegisterAccess { register, name, .. } = access;
        self.platform.warn_rate_limited(format_args!("{vm}: {what} of {register} ({name}) at {pc:#x}: undefined"));
        self.undefined()
    }
}
