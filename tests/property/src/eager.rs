// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reference: one array of registers for each vCPU, written down without looking at the other side's masks.

use std::collections::BTreeMap;

use arm_syndrome::SysReg;
use arm_trap_table::{Access, AccessResult};

use crate::{BREAKPOINTS, CONTEXTS, WATCHPOINTS};

/// All vCPUs' registers.
#[derive(Debug)]
pub struct Eager {
    vcpus: Vec<BTreeMap<SysReg, u64>>,
}

const MDSCR: SysReg = SysReg::new(2, 0, 0, 2, 2);
const MDCCINT: SysReg = SysReg::new(2, 0, 0, 2, 0);
const OSLAR: SysReg = SysReg::new(2, 0, 1, 0, 4);
const OSLSR: SysReg = SysReg::new(2, 0, 1, 1, 4);
const CLAIM_SET: SysReg = SysReg::new(2, 0, 7, 8, 6);
const CLAIM_CLEAR: SysReg = SysReg::new(2, 0, 7, 9, 6);

impl Eager {
    /// All zero.
    pub fn new(vcpus: usize) -> Self {
        Self { vcpus: vec![BTreeMap::new(); vcpus] }
    }

    /// A reset vCPU.
    pub fn reset(&mut self, vcpu: usize) {
        self.vcpus[vcpu].clear();
    }

    /// An access by the guest.
    pub fn access(&mut self, vcpu: usize, register: SysReg, access: Access) -> AccessResult {
        let registers = &mut self.vcpus[vcpu];
        let claim = registers.get(&CLAIM_CLEAR).copied().unwrap_or(0);
        match (register, access) {
            _ if !exists(register) => AccessResult::Undefined,
            (OSLAR, Access::Read) | (OSLSR, Access::Write(_)) => AccessResult::Undefined,
            (OSLSR, Access::Read) => AccessResult::Value(0b1000 | registers.get(&OSLAR).copied().unwrap_or(0) << 1),
            (CLAIM_SET, Access::Read) => AccessResult::Value(0xff),
            (CLAIM_SET, Access::Write(tags)) => store(registers, CLAIM_CLEAR, claim | tags & 0xff),
            (CLAIM_CLEAR, Access::Write(tags)) => store(registers, CLAIM_CLEAR, claim & !tags),
            (_, Access::Read) => AccessResult::Value(registers.get(&register).copied().unwrap_or(0)),
            (_, Access::Write(value)) => store(registers, register, kept(register, value)),
        }
    }

    /// What of MDSCR the hardware has while this guest runs.
    pub fn armed(&self, vcpu: usize) -> u64 {
        let of = |register| self.vcpus[vcpu].get(&register).copied().unwrap_or(0);
        if of(OSLAR) == 1 { of(MDSCR) & 0x1000 } else { of(MDSCR) }
    }
}

fn store(registers: &mut BTreeMap<SysReg, u64>, register: SysReg, value: u64) -> AccessResult {
    registers.insert(register, value);
    AccessResult::Done
}

fn exists(register: SysReg) -> bool {
    match register.op2() {
        _ if register.op1() != 0 || register.crn() != 0 => true,
        4 | 5 => register.crm() < BREAKPOINTS,
        6 | 7 => register.crm() < WATCHPOINTS,
        _ => true,
    }
}

/// Does breakpoint `n` compare contexts?
fn is_context_aware(n: u64) -> bool {
    (u64::from(BREAKPOINTS - CONTEXTS)..u64::from(BREAKPOINTS)).contains(&n)
}

/// What the pair of masks (the VMM's, then the shim's) leaves of a value.
fn kept(register: SysReg, value: u64) -> u64 {
    let n = u64::from(register.crm());
    let (kind, link) = (value >> 20 & 0xf, value >> 16 & 0xf);
    match (register, register.op2()) {
        (MDSCR, _) => value & 0xb001,
        (MDCCINT, _) => value & 0x6000_0000,
        (OSLAR, _) => value & 1,
        (_, 4) if is_context_aware(n) => value,
        (_, 4 | 6) => value & !3,
        (_, 5) => {
            let bas = value >> 5 & 5;
            let sane = match kind {
                0 | 4 => true,
                1 | 5 => is_context_aware(link),
                2 | 3 => is_context_aware(n),
                _ => false,
            };
            value & 0x00ff_0006 | (bas | bas << 1) << 5 | value & u64::from(sane)
        }
        (_, 7) => {
            let sane = kind & 1 == 0 || is_context_aware(link);
            value & 0x1f1f_1ffe | value & u64::from(sane)
        }
        _ => unreachable!("{register} is not in the list"),
    }
}
