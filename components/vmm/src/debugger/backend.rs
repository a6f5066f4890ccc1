// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's accesses to its debug registers while the hardware has something else in them.

use super::session::Session;
use crate::console::Serial;
use crate::exit::{CarriedWrite, Handler, TrapRow, carry_out};
use crate::vcpu::{Counts, DebugBackend, DebugRegister, KernelVcpu};
use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult};

/// The registers as the guest finds them. What it writes is kept; what becomes of the hardware, others decide.
struct Shared<'s, K> {
    session: &'s mut Session,
    kernel: &'s mut K,
}

impl<K: KernelVcpu> DebugBackend for Shared<'_, K> {
    type Error = K::Error;

    fn counts(&self) -> Counts {
        self.kernel.counts()
    }

    fn read(&mut self, register: DebugRegister) -> Result<u64, K::Error> {
        match self.session.guest.get(register) {
            Some(value) => Ok(value),
            None => self.kernel.read(register),
        }
    }

    fn features(&mut self, register: SysReg) -> Result<u64, K::Error> {
        self.kernel.features(register)
    }

    /// The kernel decides what a value becomes, so it is written there and read again.
    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), K::Error> {
        self.kernel.write(register, value, dirty)?;
        if let Some(place) = self.session.guest.place(register) {
            *place = self.kernel.read(register)?;
        }
        Ok(())
    }
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// An access by the guest, if a debugger is attached: what it finds, and whether it was refused. What it has written is
    /// merged with what the debugger wants.
    pub(crate) fn shared_access<R: TrapRow>(
        &mut self,
        row: Option<&R>,
        access: Access,
        from_el0: bool,
    ) -> Option<(AccessResult, bool)> {
        if !self.platform.debugger.is_attached() {
            return None;
        }
        let session = self.platform.debugger.session.change();
        let mut shared = Shared { session, kernel: self.kernel };
        let (outcome, write) = carry_out(row, access, from_el0, &mut self.vcpu.os_lock, &mut shared);
        let refused = write
            .as_ref()
            .is_some_and(|&CarriedWrite { register, value, dirty }| shared.write(register, value, dirty).is_err());
        if write.is_some() {
            self.load_merged();
        }
        Some((outcome, refused))
    }
}
