// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shim and vCPU as plain values, which a model checker can hash, and back.

use std::cell::Cell;

use crate::bank::{Slot, for_slots};
use crate::{Armed, Counts, Handle, Hazards, Shim, State, VcpuDebug};

/// A [`VcpuDebug`] without its counters, on a core with a given number of registers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VcpuImage {
    bank: Vec<u64>,
    mdscr: u64,
    hazards: Hazards,
    state: State,
    os_lock: bool,
    aarch32: bool,
    running: bool,
}

/// A [`Shim`] without its counts; its owner by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShimImage<Owner> {
    /// Whose bank is on the hardware.
    pub owner: Option<Owner>,
    /// What the running guest can do.
    pub armed: Armed,
}

impl VcpuImage {
    /// Of an object as it is.
    pub fn of(debug: &VcpuDebug, counts: Counts) -> Self {
        let mut bank = Vec::new();
        for_slots!(counts, true, slot => bank.push(debug.bank.get(slot)));
        Self {
            bank,
            mdscr: debug.mdscr.get(),
            hazards: debug.hazards.get(),
            state: debug.state.get(),
            os_lock: debug.os_lock.get(),
            aarch32: debug.aarch32.get(),
            running: debug.running.get(),
        }
    }

    /// The object again, with counters at 0.
    pub fn restore(&self, counts: Counts) -> VcpuDebug {
        let debug = VcpuDebug::new();
        let mut values = self.bank.iter();
        for_slots!(counts, true, slot => debug.bank.set(slot, *values.next().expect("an image of these counts")));
        debug.mdscr.set(self.mdscr);
        debug.hazards.set(self.hazards);
        debug.state.set(self.state);
        debug.os_lock.set(self.os_lock);
        debug.aarch32.set(self.aarch32);
        debug.running.set(self.running);
        debug
    }

    /// What the copy in memory holds while the bank is on the hardware must not matter: here is something else.
    pub fn with_stale_copy_poisoned(mut self) -> Self {
        if self.state.is_loaded() {
            self.bank.fill(0xdead_0000_dead_0000);
        }
        self
    }

    /// The same with other values in the bank.
    pub fn map(&self, value: impl Fn(u64) -> u64) -> Self {
        Self { bank: self.bank.iter().map(|&old| value(old)).collect(), ..self.clone() }
    }

    /// Where the bank is.
    pub fn state(&self) -> State {
        self.state
    }

    /// The virtual OS lock.
    pub fn os_lock(&self) -> bool {
        self.os_lock
    }
}

impl<Owner: Copy> ShimImage<Owner> {
    /// Of a shim as it is.
    pub fn of<H: Handle>(shim: &Shim<H>, name: impl FnOnce(H) -> Owner) -> Self {
        Self { owner: shim.owner.get().map(name), armed: shim.armed.get() }
    }

    /// The shim again.
    pub fn restore<H: Handle>(&self, counts: Counts, event_counters: u8, find: impl FnOnce(Owner) -> H) -> Shim<H> {
        Shim {
            owner: Cell::new(self.owner.map(find)),
            armed: Cell::new(self.armed),
            counts: Cell::new(counts),
            mdcr: Cell::new(crate::mdcr_el2::value(event_counters)),
        }
    }
}
