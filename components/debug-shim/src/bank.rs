// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bank: the registers that are switched lazily, and the lists that save, load and scrub them.
//!
//! Not in it: `MDSCR_EL1`, which is switched at every resume that needs it.

use core::cell::Cell;

use arm_debug_bits::{CLAIM_TAGS, mdccint};

use crate::{Counts, DebugHardware, MAX_PER_KIND, Register, clamp_bcr, clamp_wcr};

/// The channel's two interrupt enables are all that a guest can ask for.
const MDCCINT_BITS: u64 = mdccint::RX | mdccint::TX;

type Registers = [Cell<u64>; MAX_PER_KIND];

/// One vCPU's copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bank {
    bvr: Registers,
    bcr: Registers,
    wvr: Registers,
    wcr: Registers,
    mdccint: Cell<u32>,
    vcr32: Cell<u32>,
    claim: Cell<u8>,
}

/// A register of the bank; the index of a breakpoint or watchpoint is below the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Bvr(u8),
    Bcr(u8),
    Wvr(u8),
    Wcr(u8),
    Mdccint,
    Claim,
    Vcr32,
}

/// Runs a body for each register of the bank, in the one order in which it is saved, loaded and scrubbed: controls before
/// values when the bank is taken off makes no difference, because `MDSCR_EL1` is 0 whenever this list runs. Written out, for
/// the index in `MRS` and `MSR` is part of the instruction: as a loop each register would cost a jump table.
macro_rules! for_slots {
    (@kind [$($n:literal)*] $count:expr, $control:ident, $value:ident, $slot:ident => $body:expr) => {
        'kind: {
            let count = $count;
            $(
                if $n >= count {
                    break 'kind;
                }
                { let $slot = Slot::$control($n); $body }
                { let $slot = Slot::$value($n); $body }
            )*
        }
    };
    ($counts:expr, $aarch32:expr, $slot:ident => $body:expr) => {
        for_slots!(@kind [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] $counts.breakpoints(), Bcr, Bvr, $slot => $body);
        for_slots!(@kind [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] $counts.watchpoints(), Wcr, Wvr, $slot => $body);
        { let $slot = Slot::Mdccint; $body }
        { let $slot = Slot::Claim; $body }
        if $aarch32 { let $slot = Slot::Vcr32; $body }
    };
}

#[cfg(any(test, feature = "fake"))]
pub(crate) use for_slots;

impl Bank {
    pub(crate) const fn new() -> Self {
        const fn zeroed() -> Registers {
            [const { Cell::new(0) }; MAX_PER_KIND]
        }
        Self {
            bvr: zeroed(),
            bcr: zeroed(),
            wvr: zeroed(),
            wcr: zeroed(),
            mdccint: Cell::new(0),
            vcr32: Cell::new(0),
            claim: Cell::new(0),
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self, slot: Slot) -> u64 {
        match slot {
            Slot::Bvr(n) => self.bvr[n as usize].get(),
            Slot::Bcr(n) => self.bcr[n as usize].get(),
            Slot::Wvr(n) => self.wvr[n as usize].get(),
            Slot::Wcr(n) => self.wcr[n as usize].get(),
            Slot::Mdccint => self.mdccint.get().into(),
            Slot::Claim => self.claim.get().into(),
            Slot::Vcr32 => self.vcr32.get().into(),
        }
    }

    /// `value` has gone through [`Slot::clamp`].
    #[inline(always)]
    pub(crate) fn set(&self, slot: Slot, value: u64) {
        match slot {
            Slot::Bvr(n) => self.bvr[n as usize].set(value),
            Slot::Bcr(n) => self.bcr[n as usize].set(value),
            Slot::Wvr(n) => self.wvr[n as usize].set(value),
            Slot::Wcr(n) => self.wcr[n as usize].set(value),
            Slot::Mdccint => self.mdccint.set(value as u32),
            Slot::Claim => self.claim.set(value as u8),
            Slot::Vcr32 => self.vcr32.set(value as u32),
        }
    }

    /// Everything 0, also what no core implements.
    pub(crate) fn clear(&self) {
        for registers in [&self.bvr, &self.bcr, &self.wvr, &self.wcr] {
            registers.iter().for_each(|register| register.set(0));
        }
        self.mdccint.set(0);
        self.vcr32.set(0);
        self.claim.set(0);
    }

    /// Hardware to memory. Returns the number of registers.
    pub(crate) fn save(&self, hw: &impl DebugHardware, counts: Counts, aarch32: bool) -> u64 {
        for_slots!(counts, aarch32, slot => self.set(slot, slot.read(hw, counts)));
        registers(counts, aarch32)
    }

    /// Memory to hardware. Returns the number of registers.
    #[inline(always)]
    pub(crate) fn load(&self, hw: &impl DebugHardware, counts: Counts, aarch32: bool) -> u64 {
        for_slots!(counts, aarch32, slot => slot.write(hw, self.get(slot)));
        registers(counts, aarch32)
    }
}

/// How many a bank has.
fn registers(counts: Counts, aarch32: bool) -> u64 {
    2 * (u64::from(counts.breakpoints()) + u64::from(counts.watchpoints())) + 2 + u64::from(aarch32)
}

/// All zero on the hardware, so that the next owner finds nothing of the last one.
pub(crate) fn scrub(hw: &impl DebugHardware, counts: Counts, aarch32: bool) {
    for_slots!(counts, aarch32, slot => slot.write(hw, 0));
}

/// Empties the debug communications channel, which no copy is kept of: only under the OS lock are the two data words
/// and their full flags writable. `MDSCR_EL1` is 0 before and after.
pub(crate) fn scrub_channel(hw: &impl DebugHardware) {
    hw.write(Register::Oslar, 1);
    hw.synchronize();
    hw.write(Register::Mdscr, 0);
    hw.write(Register::Osdtrrx, 0);
    hw.write(Register::Osdtrtx, 0);
    hw.write(Register::Oslar, 0);
    hw.synchronize();
}

impl Slot {
    /// What of `value` the hardware may see.
    #[inline(always)]
    pub(crate) fn clamp(self, value: u64, counts: Counts) -> u64 {
        match self {
            Self::Bvr(_) | Self::Wvr(_) => value,
            Self::Bcr(n) => clamp_bcr(n, value, counts),
            Self::Wcr(_) => clamp_wcr(value, counts),
            Self::Mdccint => value & MDCCINT_BITS,
            Self::Claim => value & CLAIM_TAGS,
            Self::Vcr32 => value & u64::from(u32::MAX),
        }
    }

    /// A value read is clamped as well: a guest with the bank in its hands may have written anything.
    #[inline(always)]
    pub(crate) fn read(self, hw: &impl DebugHardware, counts: Counts) -> u64 {
        let value = match self {
            Self::Bvr(n) => hw.read(Register::Bvr(n)),
            Self::Bcr(n) => hw.read(Register::Bcr(n)),
            Self::Wvr(n) => hw.read(Register::Wvr(n)),
            Self::Wcr(n) => hw.read(Register::Wcr(n)),
            Self::Mdccint => hw.read(Register::Mdccint),
            Self::Claim => hw.read(Register::ClaimClr),
            Self::Vcr32 => hw.read(Register::Vcr32),
        };
        self.clamp(value, counts)
    }

    /// `value` has gone through [`Self::clamp`].
    #[inline(always)]
    pub(crate) fn write(self, hw: &impl DebugHardware, value: u64) {
        match self {
            Self::Bvr(n) => hw.write(Register::Bvr(n), value),
            Self::Bcr(n) => hw.write(Register::Bcr(n), value),
            Self::Wvr(n) => hw.write(Register::Wvr(n), value),
            Self::Wcr(n) => hw.write(Register::Wcr(n), value),
            Self::Mdccint => hw.write(Register::Mdccint, value),
            Self::Claim => {
                hw.write(Register::ClaimClr, CLAIM_TAGS);
                hw.write(Register::ClaimSet, value);
            }
            Self::Vcr32 => hw.write(Register::Vcr32, value),
        }
    }
}
