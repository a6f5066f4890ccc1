// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an access to a system register comes to, whoever tells the guest.

use crate::console::Serial;
use crate::vcpu::{Counts, DebugBackend, DebugRegister, Vcpu};
use crate::vm::Vm;
use arm_syndrome::SysReg;
use arm_trap_table::{Access, Outcome, is_reserved_feature, lookup};

/// Read as zero and ignored: ACTLR_EL1, whose bits are shared by all VMs, and cache maintenance by set and way,
/// which reaches beyond the VM and which a guest that follows the architecture needs only around power-down.
const IGNORED: [SysReg; 4] =
    [SysReg::new(3, 0, 1, 0, 1), SysReg::new(1, 0, 7, 6, 2), SysReg::new(1, 0, 7, 10, 2), SysReg::new(1, 0, 7, 14, 2)];

/// A write to the debug bank that has still to be done: by the reply, or by an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CarriedWrite {
    pub(crate) register: DebugRegister,
    pub(crate) value: u64,
    pub(crate) dirty: bool,
}

/// The vCPU's bank, of which a write is held back, and the OS lock is known: only the VMM changes it.
struct Carrying<'a, V> {
    vcpu: &'a mut V,
    os_lock: &'a mut Option<u64>,
    write: Option<CarriedWrite>,
}

impl<V: Vcpu> DebugBackend for Carrying<'_, V> {
    type Error = V::Error;

    #[inline]
    fn counts(&self) -> Counts {
        self.vcpu.counts()
    }

    #[inline]
    fn read(&mut self, register: DebugRegister) -> Result<u64, Self::Error> {
        match (register, *self.os_lock) {
            (DebugRegister::OsLock, Some(locked)) => Ok(locked),
            (DebugRegister::OsLock, None) => Ok(*self.os_lock.insert(self.vcpu.read(register)?)),
            _ => self.vcpu.read(register),
        }
    }

    fn features(&mut self, register: SysReg) -> Result<u64, Self::Error> {
        self.vcpu.features(register)
    }

    #[inline]
    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), Self::Error> {
        if register == DebugRegister::OsLock && self.os_lock.replace(value) == Some(value) {
            // As it is already.
            return Ok(());
        }
        self.write = Some(CarriedWrite { register, value, dirty });
        Ok(())
    }
}

impl<S: Serial> Vm<'_, S> {
    /// Carries out an access but for the write that it returns.
    #[inline(always)]
    pub(crate) fn access_register(
        &mut self,
        register: SysReg,
        access: Access,
        from_el0: bool,
        vcpu: &mut impl Vcpu,
    ) -> (Outcome, Option<CarriedWrite>) {
        let Some(row) = lookup(register) else { return (unnamed(register, access, from_el0), None) };
        let mut backend = Carrying { vcpu, os_lock: &mut self.os_lock, write: None };
        let outcome = row.access(&mut backend, access, from_el0).unwrap_or(Outcome::Undefined);
        (outcome, backend.write)
    }
}

impl<S: Serial> Vm<'_, S> {
    /// As [`Self::access_register`], once in the program.
    #[inline(never)]
    pub(crate) fn access_register_slowly(
        &mut self,
        register: SysReg,
        access: Access,
        from_el0: bool,
        vcpu: &mut impl Vcpu,
    ) -> (Outcome, Option<CarriedWrite>) {
        self.access_register(register, access, from_el0, vcpu)
    }
}

/// A debug register that need not trap: not OSLAR, OSLSR, OSDLR or DBGPRCR, whose traps protect the core itself.
#[inline(always)]
pub(crate) const fn is_lazy(register: SysReg) -> bool {
    /// CRn, CRm, op2 from (1, 0, 0) to (1, 4, 7).
    const FIRST: u16 = 1 << 7;
    const COUNT: u16 = 5 << 3;
    let low = register.packed() & 0x7ff;
    register.op0() == 2 && low.wrapping_sub(FIRST) >= COUNT
}

/// Registers without a row.
#[cold]
fn unnamed(register: SysReg, access: Access, from_el0: bool) -> Outcome {
    let reads = access == Access::Read;
    match register {
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
