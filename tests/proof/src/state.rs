// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that a step can reach: one core, the vCPU that the call names, the owner of the core's bank, and whose guest
//! executes.

use std::cell::Cell;

use debug_shim::fake::{ShimImage, VcpuParts};
use debug_shim::{Armed, Handle, Shim, State, VcpuDebug};

use crate::arm;
use crate::hardware::{EVENT_COUNTERS, Registers};
use crate::layout::{Bank, Layout};

/// The vCPU that the call names, or whose guest acts.
pub const TARGET: usize = 0;
/// Another one, which may be the bank's owner, or execute.
pub const OTHER: usize = 1;
/// One that can only execute: the call has no reference to it.
pub const THIRD: usize = 2;

/// One vCPU's debug state, counters aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vcpu<const N: usize> {
    /// The copy in memory.
    pub bank: Bank<N>,
    /// All else.
    pub parts: VcpuParts,
}

/// The state of one core and of what it can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreState<const N: usize> {
    /// [`TARGET`], [`OTHER`], [`THIRD`].
    pub vcpus: [Vcpu<N>; 3],
    /// Whose bank is on the hardware.
    pub owner: Option<usize>,
    /// What the shim thinks that the executing guest can do.
    pub armed: Armed,
    /// Whose guest the core executes, or has just left without another one being entered.
    pub executing: Option<usize>,
    /// Some other core has this vCPU as owner.
    pub elsewhere: [bool; 3],
    /// Some other core executes this vCPU's guest.
    pub away: [bool; 3],
    /// The hardware.
    pub registers: Registers<N>,
}

/// The hazards word, written down a second time.
pub mod hazard {
    /// The bank must be loaded, or is loaded somewhere.
    pub const BANK: u32 = 1;
    /// `MDSCR_EL1` must be written.
    pub const MDSCR: u32 = 2;
    /// The bank is loaded and the guest may reach it.
    pub const DIRECT: u32 = 4;
    /// All words that there are.
    pub const ALL: std::ops::Range<u32> = 0..8;
}

/// What `MDSCR_EL1` may hold for a guest of that width.
pub fn guest_bits(aarch32: bool) -> u64 {
    if aarch32 { arm::GUEST32 } else { arm::GUEST64 }
}

/// Is the bank on some core's hardware?
pub fn is_loaded(parts: &VcpuParts) -> bool {
    matches!(parts.state, State::Loaded | State::ExternalLoaded)
}

/// Has an outside debugger the vCPU?
pub fn is_external(parts: &VcpuParts) -> bool {
    matches!(parts.state, State::External | State::ExternalLoaded)
}

/// Does the guest's lock keep debug exceptions away? Those of an outside debugger it does not.
pub fn is_locked(parts: &VcpuParts) -> bool {
    parts.os_lock && !is_external(parts)
}

/// `MDSCR_EL1` while the guest runs: a lock keeps the exceptions away.
pub fn effective_mdscr(parts: &VcpuParts) -> u64 {
    parts.mdscr & guest_bits(parts.aarch32) & if is_locked(parts) { !arm::EXCEPTIONS } else { !0 }
}

/// May the guest reach the bank on the hardware?
pub fn is_direct(parts: &VcpuParts) -> bool {
    parts.state == State::Loaded && !parts.os_lock
}

/// Must the bank be on the hardware before the guest runs?
pub fn wants_bank(parts: &VcpuParts) -> bool {
    let asks = match parts.state {
        State::Clean | State::External => parts.mdscr & arm::USES_BANK != 0,
        State::Pending | State::Loaded | State::ExternalLoaded => true,
    };
    asks && !is_locked(parts)
}

/// What the hazards word must be.
pub fn hazards(parts: &VcpuParts) -> u32 {
    let is_special = is_loaded(parts) || is_external(parts);
    // The method of entry alone is no reason to write: a guest that may not reach the bank reads it by a trap.
    let has_mdscr = !is_direct(parts) && effective_mdscr(parts) & !arm::MOE != 0;
    let mut word = 0;
    for (bit, is_set) in [
        (hazard::BANK, wants_bank(parts) || is_special),
        (hazard::MDSCR, has_mdscr),
        (hazard::DIRECT, is_direct(parts)),
    ] {
        word |= if is_set { bit } else { 0 };
    }
    word
}

/// The production code's name for a vCPU.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// Which one.
    pub name: usize,
    /// The object.
    pub debug: &'a VcpuDebug,
    /// Whether anybody asked for the other one's object: by no other way can safe code have got at it.
    pub is_other_reached: &'a Cell<bool>,
}

impl PartialEq for Named<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Handle for Named<'_> {
    fn debug(&self) -> &VcpuDebug {
        if self.name == OTHER {
            self.is_other_reached.set(true);
        }
        self.debug
    }
}

impl<const N: usize> Vcpu<N> {
    /// The production object.
    pub fn build(&self, layout: &Layout) -> VcpuDebug {
        self.parts.build(layout.counts(), &self.bank[..layout.len()])
    }

    /// Of a production object.
    pub fn of(debug: &VcpuDebug, layout: &Layout) -> Self {
        let mut bank = [0; N];
        let parts = VcpuParts::of(debug, layout.counts(), &mut bank[..layout.len()]);
        Self { bank, parts }
    }

    /// As it is made.
    pub fn fresh() -> Self {
        let parts =
            VcpuParts { mdscr: 0, hazards: 0, state: State::Clean, os_lock: false, aarch32: false, running: false };
        Self { bank: [0; N], parts }
    }
}

impl<const N: usize> CoreState<N> {
    /// The production shim of this core, over production objects.
    pub fn shim<'a>(&self, layout: &Layout, name: impl FnOnce(usize) -> Named<'a>) -> Shim<Named<'a>> {
        let image = ShimImage { owner: self.owner, armed: self.armed };
        image.restore(layout.counts(), EVENT_COUNTERS, name)
    }

    /// The vCPU whose guest the core executes.
    pub fn executing_vcpu(&self) -> Option<&Vcpu<N>> {
        self.executing.map(|name| &self.vcpus[name])
    }
}
