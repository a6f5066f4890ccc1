// SPDX-License-Identifier: MIT OR Apache-2.0
//! MSR and MRS that trap: the table of debug registers, a few others, and UNDEF for the rest.

use crate::console::Serial;
use crate::inject;
use crate::vcpu::Vcpu;
use crate::vm::{Next, Vm};
use debug_registers::{Access, Outcome, is_reserved_feature, lookup};
use esr::{Esr, Spsr, SysReg, SysRegAccess};

/// Read as zero and ignored: ACTLR_EL1, whose bits are shared by all VMs, and cache maintenance by set and way,
/// which reaches beyond the VM and which a guest that follows the architecture needs only around power-down.
const IGNORED: [SysReg; 4] =
    [SysReg::new(3, 0, 1, 0, 1), SysReg::new(1, 0, 7, 6, 2), SysReg::new(1, 0, 7, 10, 2), SysReg::new(1, 0, 7, 14, 2)];

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
        let outcome = match lookup(access.register) {
            Some(row) => row.access(vcpu, wanted, from_el0).unwrap_or(Outcome::Undefined),
            None => unnamed(access, from_el0),
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

/// A debug register that need not trap: not OSLAR, OSLSR, OSDLR or DBGPRCR, whose traps protect the core itself.
const fn is_lazy(register: SysReg) -> bool {
    register.op0() == 2 && !(register.crn() == 1 && register.crm() <= 4)
}

/// Registers without a row.
fn unnamed(access: SysRegAccess, from_el0: bool) -> Outcome {
    let reads = access.direction.is_read();
    match access.register {
        _ if from_el0 => Outcome::Undefined,
        register if IGNORED.contains(&register) => {
            if reads {
                Outcome::Value(0)
            } else {
                Outcome::Done
            }
        }
        register if reads && is_reserved_feature(register) => Outcome::Value(0),
        _ => Outcome::Undefined,
    }
}
