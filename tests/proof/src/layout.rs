// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registers of a bank on a core with given counts, each at a place.

use debug_shim::{Counts, DebugRegister, Register};

use crate::arm;

/// A register that is switched lazily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// `DBGBCR<n>_EL1`.
    Bcr(u8),
    /// `DBGBVR<n>_EL1`.
    Bvr(u8),
    /// `DBGWCR<n>_EL1`.
    Wcr(u8),
    /// `DBGWVR<n>_EL1`.
    Wvr(u8),
    /// `MDCCINT_EL1`.
    Mdccint,
    /// The claim tags.
    Claim,
    /// `DBGVCR32_EL2`.
    Vcr32,
}

/// The values of a bank. `N` places, of which a layout uses the first ones.
pub type Bank<const N: usize> = [u64; N];

/// Places of the largest bank.
pub const LARGEST: usize = 67;

/// Which register is at which place.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    counts: Counts,
    breakpoints: usize,
    watchpoints: usize,
    slots: [Slot; LARGEST],
}

impl Layout {
    /// For a core with these counts.
    pub fn new(breakpoints: u8, watchpoints: u8, contexts: u8) -> Self {
        let pairs = (0..breakpoints).flat_map(|n| [Slot::Bcr(n), Slot::Bvr(n)]);
        let all = pairs.chain((0..watchpoints).flat_map(|n| [Slot::Wcr(n), Slot::Wvr(n)]));
        let mut slots = [Slot::Vcr32; LARGEST];
        for (place, slot) in slots.iter_mut().zip(all.chain([Slot::Mdccint, Slot::Claim])) {
            *place = slot;
        }
        let counts = Counts::new(breakpoints, watchpoints, contexts);
        Self { counts, breakpoints: breakpoints.into(), watchpoints: watchpoints.into(), slots }
    }

    /// What the core has.
    #[inline]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many places are used.
    #[inline]
    pub fn len(&self) -> usize {
        2 * (self.breakpoints + self.watchpoints) + 3
    }

    /// Never: a bank has at least the three single registers.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The place of `DBGVCR32_EL2`, the last one.
    #[inline]
    pub fn vcr32(&self) -> usize {
        self.len() - 1
    }

    /// The register at a place.
    #[inline]
    pub fn slot(&self, place: usize) -> Slot {
        self.slots[place]
    }

    /// The place of a register that the hardware names; none for one that is not of the bank, or not there.
    #[inline]
    pub fn place(&self, register: Register) -> Option<usize> {
        let pair = |n: u8, count: usize| Some(2 * usize::from(n)).filter(|_| usize::from(n) < count);
        match register {
            Register::Bcr(n) => pair(n, self.breakpoints),
            Register::Bvr(n) => pair(n, self.breakpoints).map(|place| place + 1),
            Register::Wcr(n) => pair(n, self.watchpoints).map(|place| 2 * self.breakpoints + place),
            Register::Wvr(n) => pair(n, self.watchpoints).map(|place| 2 * self.breakpoints + place + 1),
            Register::Mdccint => Some(self.len() - 3),
            Register::ClaimSet | Register::ClaimClr => Some(self.len() - 2),
            Register::Vcr32 => Some(self.vcr32()),
            _ => None,
        }
    }

    /// The place of a register that a VMM names.
    pub fn place_of_invoked(&self, register: DebugRegister) -> Option<usize> {
        match register {
            DebugRegister::Bcr(n) => self.place(Register::Bcr(n)),
            DebugRegister::Bvr(n) => self.place(Register::Bvr(n)),
            DebugRegister::Wcr(n) => self.place(Register::Wcr(n)),
            DebugRegister::Wvr(n) => self.place(Register::Wvr(n)),
            DebugRegister::Mdccint => self.place(Register::Mdccint),
            DebugRegister::Claim => self.place(Register::ClaimSet),
            DebugRegister::Vcr32 => self.place(Register::Vcr32),
            DebugRegister::Mdscr | DebugRegister::OsLock => None,
        }
    }

    /// What of a value may be on the hardware at a place.
    #[inline]
    pub fn clamped(&self, place: usize, value: u64) -> u64 {
        match self.slot(place) {
            Slot::Bcr(n) => arm::clamped_bcr(n, value, self.counts),
            Slot::Wcr(_) => arm::clamped_wcr(value, self.counts),
            Slot::Bvr(_) | Slot::Wvr(_) => value,
            Slot::Mdccint => value & arm::MDCCINT,
            Slot::Claim => value & arm::CLAIM,
            Slot::Vcr32 => value & arm::VCR32,
        }
    }

    /// What the hardware can hold of a value at a place.
    pub fn kept(&self, place: usize, value: u64) -> u64 {
        match self.slots[place] {
            Slot::Wvr(_) => value & !arm::RES0_OF_ADDRESS,
            Slot::Claim => value & arm::CLAIM,
            Slot::Vcr32 => value & arm::VCR32,
            _ => value,
        }
    }

    /// [`Self::clamped`] of a whole bank.
    #[inline]
    pub fn clamped_bank<const N: usize>(&self, bank: &Bank<N>) -> Bank<N> {
        self.make(|place| self.clamped(place, bank[place]))
    }

    /// A bank, place by place.
    #[inline]
    pub fn make<const N: usize>(&self, value: impl Fn(usize) -> u64) -> Bank<N> {
        std::array::from_fn(|place| if place < self.len() { value(place) } else { 0 })
    }

    /// How many registers are moved when the bank of a vCPU of that width is.
    pub fn registers(&self, aarch32: bool) -> u64 {
        self.len() as u64 - u64::from(!aarch32)
    }
}
