// SPDX-License-Identifier: MIT OR Apache-2.0
//! A backend in an array.
#![allow(dead_code)]

use std::collections::BTreeMap;

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult, Counts, DebugBackend, DebugRegister, lookup};

/// A Cortex-A57.
pub const A57: Counts = Counts { breakpoints: 6, watchpoints: 4, contexts: 2 };

#[derive(Default)]
pub struct Backend {
    pub registers: BTreeMap<u64, u64>,
    pub writes: Vec<(DebugRegister, bool)>,
    pub reads: usize,
}

impl DebugBackend for Backend {
    type Error = core::convert::Infallible;

    fn counts(&self) -> Counts {
        A57
    }

    fn read(&mut self, register: DebugRegister) -> Result<u64, Self::Error> {
        self.reads += 1;
        Ok(self.registers.get(&register.to_word()).copied().unwrap_or(0))
    }

    /// A core that promises everything.
    fn features(&mut self, _register: SysReg) -> Result<u64, Self::Error> {
        Ok(!0)
    }

    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), Self::Error> {
        match register {
            DebugRegister::Bvr(n) | DebugRegister::Bcr(n) => assert!(n < A57.breakpoints),
            DebugRegister::Wvr(n) | DebugRegister::Wcr(n) => assert!(n < A57.watchpoints),
            _ => (),
        }
        self.registers.insert(register.to_word(), value);
        self.writes.push((register, dirty));
        Ok(())
    }
}

impl Backend {
    /// From EL1.
    pub fn access(&mut self, register: SysReg, access: Access) -> AccessResult {
        let Ok(outcome) = lookup(register).unwrap().access(self, access, false);
        outcome
    }

    pub fn write(&mut self, register: SysReg, value: u64) {
        assert_eq!(self.access(register, Access::Write(value)), AccessResult::Done);
    }

    pub fn read(&mut self, register: SysReg) -> u64 {
        match self.access(register, Access::Read) {
            AccessResult::Value(value) => value,
            other => panic!("{register}: {other:?}"),
        }
    }
}

pub fn named(name: &str) -> SysReg {
    arm_trap_table::TRAP_TABLE.iter().find(|row| row.name == name).unwrap().register
}
