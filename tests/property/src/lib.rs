// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lazy system (production shim, production handlers, a fake core) beside an eager one, driven by the same random
//! instructions. The eager one switches nothing: every vCPU simply has registers of its own. Whatever a guest reads must
//! be the same in both.
#![forbid(unsafe_code)]

mod eager;
mod lazy;

pub use eager::Eager;
pub use lazy::Lazy;

use arm_syndrome::SysReg;
use arm_trap_table::Access;

/// A Cortex-A57's.
pub const BREAKPOINTS: u8 = 6;
/// A Cortex-A57's.
pub const WATCHPOINTS: u8 = 4;
/// A Cortex-A57's.
pub const CONTEXTS: u8 = 2;

/// What can happen to a vCPU, by number.
#[derive(Clone, Debug)]
pub enum Event {
    /// Its guest accesses a register.
    Access(usize, SysReg, Access),
    /// The same, and if it traps its VMM dies: after it has told the kernel, or before. The guest is not resumed by it.
    Crash(usize, SysReg, Access, bool),
    /// Its guest runs and is stopped.
    Run(usize),
    /// Its VMM is called and asks for the bank without need.
    FlagDirty(usize),
    /// It is reset.
    Reset(usize),
    /// The kernel empties the core.
    Evict,
}

/// The registers that a guest reads and writes, most often ones that exist.
pub fn registers() -> Vec<SysReg> {
    let numbered = (0..BREAKPOINTS + 1).flat_map(|n| (4..8).map(move |op2| SysReg::new(2, 0, 0, n, op2)));
    let single = [
        SysReg::new(2, 0, 0, 2, 2), // MDSCR_EL1
        SysReg::new(2, 0, 0, 2, 0), // MDCCINT_EL1
        SysReg::new(2, 0, 1, 0, 4), // OSLAR_EL1
        SysReg::new(2, 0, 1, 1, 4), // OSLSR_EL1
        SysReg::new(2, 0, 7, 8, 6), // DBGCLAIMSET_EL1
        SysReg::new(2, 0, 7, 9, 6), // DBGCLAIMCLR_EL1
    ];
    numbered.chain(single).collect()
}
