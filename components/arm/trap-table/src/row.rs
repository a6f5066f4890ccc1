// SPDX-License-Identifier: MIT OR Apache-2.0
//! A row of the table.

use arm_syndrome::{Direction, SysReg};

use crate::{Access, AccessResult, DebugBackend, Handler, Rights, TimerRegister};

/// One register.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its encoding.
    pub register: SysReg,
    /// Its name, as in the Arm ARM and in the assembler.
    pub name: &'static str,
    /// Who may do what.
    pub rights: Rights,
    /// What the guest finds after reset.
    pub reset: u64,
    /// What an access does.
    pub handler: Handler,
    /// Where the Arm ARM (DDI 0487, issue K) describes it.
    pub section: &'static str,
}

impl Row {
    /// A system instruction, such as cache maintenance, and no register.
    pub const fn is_operation(&self) -> bool {
        self.register.op0() == 1
    }

    /// The physical timer's register, if the row is one and the access is defined. To [`Self::access`] it is undefined.
    pub fn timer(&self, direction: Direction, from_el0: bool) -> Option<TimerRegister> {
        match self.handler {
            Handler::Timer(register) if self.rights.allow(direction, from_el0) => Some(register),
            _ => None,
        }
    }

    /// Carries out an access, or finds it undefined: wrong direction, wrong EL, no such index.
    #[inline(always)]
    pub fn access<B: DebugBackend>(
        &self,
        backend: &mut B,
        access: Access,
        from_el0: bool,
    ) -> Result<AccessResult, B::Error> {
        if !self.rights.allow(access.direction(), from_el0) {
            return Ok(AccessResult::Undefined);
        }
        self.handler.run(self.register, backend, access)
    }
}
