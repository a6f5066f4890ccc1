// SPDX-License-Identifier: MIT OR Apache-2.0
//! MSR and MRS that trap: the table of debug registers, a few others, and UNDEF for the rest.

use super::registers::{CarriedWrite, is_lazy};
use crate::console::Serial;
use crate::inject;
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};
use arm_syndrome::{Esr, Spsr, SysRegAccess};
use arm_trap_table::{Access, Outcome, lookup};

impl<S: Serial> Vm<'_, S> {
    /// A trapped access to a system register.
    #[inline]
    pub(crate) fn system_register(&mut self, access: SysRegAccess, esr: Esr, vcpu: &mut impl Vcpu) -> Next {
        let rt = access.rt.number();
        // First, because it brings PC and SPSR along.
        let value = self.frame.x(rt, vcpu);
        let wanted = if access.direction.is_read() { Access::Read } else { Access::Write(value) };
        let from_el0 = Spsr(self.frame.spsr(vcpu)).is_el0();
        if is_lazy(access.register) {
            self.journal.count_trap(self.number.unwrap_or(0));
        }
        let outcome = match self.access_register_slowly(access.register, wanted, from_el0, vcpu) {
            (_, Some(CarriedWrite { register, value, dirty })) if vcpu.write(register, value, dirty).is_err() => {
                self.os_lock = None;
                Outcome::Undefined
            }
            (outcome, _) => outcome,
        };
        match outcome {
            Outcome::Value(value) => {
                self.note.value = Some(value);
                self.frame.set_x(rt, value);
            }
            Outcome::Done => {}
            Outcome::Undefined => {
                self.undefined_register(access, vcpu);
                return Next::Resume;
            }
        }
        inject::advance(esr, self.frame, vcpu);
        Next::Resume
    }

    fn undefined_register(&mut self, access: SysRegAccess, vcpu: &mut impl Vcpu) {
        let (vm, pc) = (self.config.name, self.frame.pc(vcpu));
        let what = if access.direction.is_read() { "read" } else { "write" };
        let register = access.register;
        let name = lookup(register).map_or("unknown", |row| row.name);
        self.console.complain(format_args!("{vm}: {what} of {register} ({name}) at {pc:#x}: undefined"));
        self.note.outcome = crate::trace::Outcome::Undefined;
        inject::undefined(self.frame, vcpu);
    }
}
