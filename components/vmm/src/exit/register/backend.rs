// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vCPU's debug registers during an access: the OS lock is known, and a write is held back for whoever ends the exit.

use super::resolve::TrapRow;
use crate::vcpu::{Counts, DebugBackend, DebugRegister};
use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult};

/// A write to the debug bank that has still to be done: by the reply, or by an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CarriedWrite {
    pub(crate) register: DebugRegister,
    pub(crate) value: u64,
    pub(crate) dirty: bool,
}

/// The vCPU's bank, of which a write is held back; only the VMM changes the OS lock, so it is asked for once.
struct Carrying<'a, K> {
    kernel: &'a mut K,
    os_lock: &'a mut Option<u64>,
    write: Option<CarriedWrite>,
}

impl<K: DebugBackend> DebugBackend for Carrying<'_, K> {
    type Error = K::Error;

    #[inline]
    fn counts(&self) -> Counts {
        self.kernel.counts()
    }

    #[inline]
    fn read(&mut self, register: DebugRegister) -> Result<u64, Self::Error> {
        match (register, *self.os_lock) {
            (DebugRegister::OsLock, Some(locked)) => Ok(locked),
            (DebugRegister::OsLock, None) => Ok(*self.os_lock.insert(self.kernel.read(register)?)),
            _ => self.kernel.read(register),
        }
    }

    fn features(&mut self, register: SysReg) -> Result<u64, Self::Error> {
        self.kernel.features(register)
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

/// Carries out an access but for the write that it returns.
#[inline(always)]
pub(crate) fn carry_out<R: TrapRow, K: DebugBackend>(
    row: Option<&R>,
    access: Access,
    from_el0: bool,
    os_lock: &mut Option<u64>,
    kernel: &mut K,
) -> (AccessResult, Option<CarriedWrite>) {
    let Some(row) = row else { return (AccessResult::Undefined, None) };
    let mut backend = Carrying { kernel, os_lock, write: None };
    let outcome = row.access(&mut backend, access, from_el0).unwrap_or(AccessResult::Undefined);
    (outcome, backend.write)
}
