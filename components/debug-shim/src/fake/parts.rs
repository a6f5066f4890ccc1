// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU put together of any values, also of such as no run leads to: an inductive proof starts from those.

use crate::bank::Slot;
use crate::{Counts, Hazards, State, VcpuDebug};

/// All of a [`VcpuDebug`] but its bank and its counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VcpuParts {
    /// `MDSCR_EL1` in memory.
    pub mdscr: u64,
    /// The word that the fast path looks at.
    pub hazards: u32,
    /// Where the bank is.
    pub state: State,
    /// The virtual OS lock.
    pub os_lock: bool,
    /// A 32-bit EL1.
    pub aarch32: bool,
    /// Its guest runs with debug state.
    pub running: bool,
}

impl VcpuParts {
    /// Takes one apart. `bank` gets its registers: control and value of each breakpoint, the same of each watchpoint,
    /// MDCCINT, the claim tags, DBGVCR.
    pub fn of(debug: &VcpuDebug, counts: Counts, bank: &mut [u64]) -> Self {
        let mut places = bank.iter_mut();
        for_each_slot(counts, |slot| *places.next().expect("a place for each register") = debug.bank.get(slot));
        Self {
            mdscr: debug.mdscr.get(),
            hazards: debug.hazards.get().bits(),
            state: debug.state.get(),
            os_lock: debug.os_lock.get(),
            aarch32: debug.aarch32.get(),
            running: debug.running.get(),
        }
    }

    /// Puts one together, with counters at 0.
    pub fn build(self, counts: Counts, bank: &[u64]) -> VcpuDebug {
        let debug = VcpuDebug::new();
        let mut values = bank.iter();
        for_each_slot(counts, |slot| debug.bank.set(slot, *values.next().expect("a value for each register")));
        debug.mdscr.set(self.mdscr);
        debug.hazards.set(Hazards::from_bits(self.hazards));
        debug.state.set(self.state);
        debug.os_lock.set(self.os_lock);
        debug.aarch32.set(self.aarch32);
        debug.running.set(self.running);
        debug
    }
}

/// The slots in their order. Not by the list that saves and loads: a register that is forgotten there is to be noticed.
#[inline]
fn for_each_slot(counts: Counts, mut body: impl FnMut(Slot)) {
    for n in 0..counts.breakpoints() {
        body(Slot::Bcr(n));
        body(Slot::Bvr(n));
    }
    for n in 0..counts.watchpoints() {
        body(Slot::Wcr(n));
        body(Slot::Wvr(n));
    }
    body(Slot::Mdccint);
    body(Slot::Claim);
    body(Slot::Vcr32);
}
