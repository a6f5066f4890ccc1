// SPDX-License-Identifier: MIT OR Apache-2.0
//! A row of an AArch32 table.

use arm_syndrome::{Coprocessor, CpReg, CpReg64, Direction, SysReg};

use super::{CP14, CP14_WIDE, CP15, CP15_WIDE, Handler32};
use crate::table::is_feature;
use crate::{Access, AccessResult, DebugBackend, Handler, Rights, TimerRegister};

/// One register; `K` is its encoding, [`CpReg`] or [`CpReg64`].
#[derive(Clone, Copy, Debug)]
pub struct Row32<K> {
    /// Its encoding.
    pub register: K,
    /// Its name, as in the Arm ARM.
    pub name: &'static str,
    /// Who may do what.
    pub rights: Rights,
    /// What the guest finds after reset.
    pub reset: u32,
    /// What an access does.
    pub handler: Handler32,
    /// The AArch64 register of which it is (a part of) another name.
    pub also: Option<SysReg>,
}

impl<K> Row32<K> {
    /// As [`Row::timer`](crate::Row::timer).
    pub fn timer(&self, direction: Direction, from_el0: bool) -> Option<TimerRegister> {
        match self.handler {
            Handler32::Same(Handler::Timer(register)) if self.rights.allow(direction, from_el0) => Some(register),
            _ => None,
        }
    }

    /// Carries out an access, or finds it undefined: wrong direction, wrong EL, no such index. Of a value that is read,
    /// 32 bits are the register's (64 of a wide one).
    pub fn access<B: DebugBackend>(
        &self,
        backend: &mut B,
        access: Access,
        from_el0: bool,
    ) -> Result<AccessResult, B::Error> {
        if !self.rights.allow(access.direction(), from_el0) {
            return Ok(AccessResult::Undefined);
        }
        self.handler.run(self.also, backend, access)
    }
}

/// The row of a register that MCR and MRC reach.
pub fn lookup(register: CpReg) -> Option<&'static Row32<CpReg>> {
    let table: &[_] = match register.coprocessor() {
        Coprocessor::P14 => &CP14,
        Coprocessor::P15 => &CP15,
    };
    table.binary_search_by_key(&register, |row| row.register).ok().map(|i| &table[i])
}

/// The row of a register that MCRR and MRRC reach.
pub fn lookup_wide(register: CpReg64) -> Option<&'static Row32<CpReg64>> {
    CP14_WIDE.iter().chain(&CP15_WIDE).find(|row| row.register == register)
}

/// The row of an ID register that the architecture keeps for later: reads as zero.
static RESERVED_FEATURE: Row32<CpReg> = Row32 {
    register: CpReg::new(Coprocessor::P15, 0, 0, 0, 0),
    name: "unknown",
    rights: Rights::ReadOnly,
    reset: 0,
    handler: Handler32::Same(Handler::RazWi),
    also: None,
};

/// What an access goes by: the register's row, or that of the ID registers without one. `None`: it is undefined.
pub fn resolve(register: CpReg) -> Option<&'static Row32<CpReg>> {
    let is_feature = matches!(register.coprocessor(), Coprocessor::P15)
        && is_feature(register.opc1(), register.crn(), register.crm());
    lookup(register).or(if is_feature { Some(&RESERVED_FEATURE) } else { None })
}
