// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the guest has in its breakpoints, watchpoints and MDSCR_EL1 while a debugger is attached and the hardware has
//! something else.

use crate::vcpu::{Counts, DebugBackend, DebugRegister};
use arm_debug_bits::{breakpoint, mdscr, watchpoint};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The most breakpoints, and the most watchpoints, of any core.
pub const MOST: usize = 16;

/// A breakpoint or watchpoint: DBGBCR and DBGBVR, or DBGWCR and DBGWVR.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Pair {
    /// The control register.
    pub control: u64,
    /// The value register.
    pub value: u64,
}

/// The registers that a debugger shares with its guest.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct GuestBank {
    /// DBGBCR and DBGBVR.
    pub breakpoints: [Pair; MOST],
    /// DBGWCR and DBGWVR.
    pub watchpoints: [Pair; MOST],
    /// MDSCR_EL1.
    pub mdscr: u64,
}

impl GuestBank {
    /// What the kernel has, before a debugger changes it.
    pub fn read<B: DebugBackend>(backend: &mut B) -> Result<Self, B::Error> {
        let Counts { breakpoints, watchpoints, .. } = backend.counts();
        let mut bank = Self::default();
        for n in 0..breakpoints.min(MOST as u8) {
            let (control, value) = (backend.read(DebugRegister::Bcr(n))?, backend.read(DebugRegister::Bvr(n))?);
            bank.breakpoints[usize::from(n)] = Pair { control, value };
        }
        for n in 0..watchpoints.min(MOST as u8) {
            let (control, value) = (backend.read(DebugRegister::Wcr(n))?, backend.read(DebugRegister::Wvr(n))?);
            bank.watchpoints[usize::from(n)] = Pair { control, value };
        }
        bank.mdscr = backend.read(DebugRegister::Mdscr)?;
        Ok(bank)
    }

    /// A register, if it is one that is shared.
    pub fn get(&self, register: DebugRegister) -> Option<u64> {
        match register {
            DebugRegister::Bcr(n) => self.breakpoints.get(usize::from(n)).map(|pair| pair.control),
            DebugRegister::Bvr(n) => self.breakpoints.get(usize::from(n)).map(|pair| pair.value),
            DebugRegister::Wcr(n) => self.watchpoints.get(usize::from(n)).map(|pair| pair.control),
            DebugRegister::Wvr(n) => self.watchpoints.get(usize::from(n)).map(|pair| pair.value),
            DebugRegister::Mdscr => Some(self.mdscr),
            _ => None,
        }
    }

    /// Where a register is, if it is one that is shared.
    pub fn place(&mut self, register: DebugRegister) -> Option<&mut u64> {
        match register {
            DebugRegister::Bcr(n) => self.breakpoints.get_mut(usize::from(n)).map(|pair| &mut pair.control),
            DebugRegister::Bvr(n) => self.breakpoints.get_mut(usize::from(n)).map(|pair| &mut pair.value),
            DebugRegister::Wcr(n) => self.watchpoints.get_mut(usize::from(n)).map(|pair| &mut pair.control),
            DebugRegister::Wvr(n) => self.watchpoints.get_mut(usize::from(n)).map(|pair| &mut pair.value),
            DebugRegister::Mdscr => Some(&mut self.mdscr),
            _ => None,
        }
    }

    /// The guest has breakpoints and watchpoints turned on.
    pub const fn is_enabled(&self) -> bool {
        self.mdscr & mdscr::MDE != 0
    }

    /// The guest takes debug exceptions from its EL1.
    pub const fn takes_from_el1(&self) -> bool {
        self.mdscr & mdscr::KDE != 0
    }

    /// The guest steps itself.
    pub const fn steps(&self) -> bool {
        self.mdscr & mdscr::SS != 0
    }

    /// A breakpoint register is the guest's: enabled, or named by one that is.
    pub fn uses_breakpoint(&self, n: usize) -> bool {
        let is_on = |control: u64| control & breakpoint::E != 0;
        let is_linked = |control: u64| {
            let kind = breakpoint::bt(control);
            is_on(control)
                && matches!(kind, breakpoint::kind::ADDRESS_LINKED | breakpoint::kind::MISMATCH_LINKED)
                && usize::from(breakpoint::lbn(control)) == n
        };
        let is_watched = |control: u64| {
            control & watchpoint::E != 0 && control & watchpoint::WT != 0 && usize::from(watchpoint::lbn(control)) == n
        };
        self.breakpoints.get(n).is_some_and(|pair| is_on(pair.control))
            || self.breakpoints.iter().any(|pair| is_linked(pair.control))
            || self.watchpoints.iter().any(|pair| is_watched(pair.control))
    }

    /// A watchpoint register is the guest's.
    pub fn uses_watchpoint(&self, n: usize) -> bool {
        self.watchpoints.get(n).is_some_and(|pair| pair.control & watchpoint::E != 0)
    }
}
