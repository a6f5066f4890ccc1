// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VMM's side: the production handlers over the shim's invocations.

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult, DebugBackend, DebugRegister, lookup};
use debug_shim::Error;

use crate::machine::{Machine, Vcpu};

pub(crate) const DBGBVR0: SysReg = SysReg::new(2, 0, 0, 0, 4);
pub(crate) const MDSCR: SysReg = SysReg::new(2, 0, 0, 2, 2);
pub(crate) const OSLAR: SysReg = SysReg::new(2, 0, 1, 0, 4);
pub(crate) const CLAIM_SET: SysReg = SysReg::new(2, 0, 7, 8, 6);
pub(crate) const CLAIM_CLEAR: SysReg = SysReg::new(2, 0, 7, 9, 6);

struct Backend<'a, 'b> {
    machine: &'a Machine<'b>,
    core: usize,
    vcpu: Vcpu<'b>,
}

impl DebugBackend for Backend<'_, '_> {
    type Error = Error;

    fn counts(&self) -> arm_trap_table::Counts {
        arm_trap_table::Counts::from_word(self.machine.cores[self.core].0.counts().to_word())
    }

    fn read(&mut self, register: DebugRegister) -> Result<u64, Error> {
        let (shim, hw) = &self.machine.cores[self.core];
        shim.read(self.vcpu, register, hw)
    }

    /// None of the registers here is one.
    fn features(&mut self, _register: SysReg) -> Result<u64, Error> {
        Ok(0)
    }

    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), Error> {
        let (shim, hw) = &self.machine.cores[self.core];
        shim.write(self.vcpu, register, value, dirty, hw)
    }
}

impl<'b> Machine<'b> {
    /// Carries out a trapped access of a stopped guest.
    pub(crate) fn handle(
        &self,
        core: usize,
        vcpu: Vcpu<'b>,
        register: SysReg,
        access: Access,
    ) -> Result<AccessResult, Error> {
        let row = lookup(register).expect("the model's registers have rows");
        row.access(&mut Backend { machine: self, core, vcpu }, access, false)
    }
}
