// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes on the hardware: the guest's entries where they are, the debugger's in registers that the guest does not use.

use super::guest_bank::{GuestBank, MOST, Pair};
use super::points::{Points, Watch};
use crate::vcpu::{Counts, DebugBackend, DebugRegister};
use arm_debug_bits::{breakpoint, mdscr, watchpoint};

/// At EL1 and at EL0: PMC and PAC.
const LEVELS: u64 = 0b11 << 1;
/// The bit of PMC and PAC that stands for EL1.
const AT_EL1: u64 = 1 << 1;
const LSC_SHIFT: u32 = 3;
const BAS_SHIFT: u32 = 5;
const MASK_SHIFT: u32 = 24;
/// A watchpoint with a mask watches a power of two, from this on; the largest is 2^31.
const MASKED_FROM: u64 = 8;
const MASKED_TO: u64 = 1 << 31;

/// What is left out for the one instruction that is stepped over unseen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Excluded(pub u64);

impl Excluded {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// The guest's breakpoints and watchpoints.
    pub const GUEST: u64 = 1;
    /// The debugger's breakpoints.
    pub const BREAKS: u64 = 2;
    /// The debugger's watchpoints.
    pub const WATCHES: u64 = 4;

    /// Whether that is among it.
    pub const fn has(self, what: u64) -> bool {
        self.0 & what != 0
    }
}

/// The registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hardware {
    breakpoints: [Pair; MOST],
    watchpoints: [Pair; MOST],
    mdscr: u64,
    /// The debugger wants more than there is room for.
    pub is_short: bool,
}

/// Puts them together. `is_locked`: the guest has its OS lock; `steps`: a step is wanted whatever the guest wants.
pub fn merge(
    guest: &GuestBank,
    is_locked: bool,
    points: &Points,
    excluded: Excluded,
    steps: bool,
    counts: Counts,
) -> Hardware {
    let mut all = Hardware {
        breakpoints: [Pair::default(); MOST],
        watchpoints: [Pair::default(); MOST],
        mdscr: 0,
        is_short: false,
    };
    if guest.is_enabled() && !is_locked && !excluded.has(Excluded::GUEST) {
        all.take_guests(guest);
    }
    if !excluded.has(Excluded::BREAKS) {
        let controls = points.breaks().map(|point| Pair { control: ANYWHERE, value: point.address });
        let free = free(counts.breakpoints, |n| guest.uses_breakpoint(n));
        all.is_short |= !place(&mut all.breakpoints, free, controls);
    }
    if !excluded.has(Excluded::WATCHES) {
        let free = free(counts.watchpoints, |n| guest.uses_watchpoint(n));
        all.is_short |= !place(&mut all.watchpoints, free, points.watches().flat_map(registers));
    }
    let is_on = |pair: &Pair| pair.control & breakpoint::E != 0;
    let matches = all.breakpoints.iter().chain(&all.watchpoints).any(is_on);
    let guests_step = guest.steps() && !is_locked;
    all.mdscr = guest.mdscr & mdscr::TDCC
        | if matches { mdscr::MDE } else { 0 }
        | if steps || guests_step { mdscr::SS } else { 0 };
    all
}

/// A breakpoint of the debugger's: enabled, at both levels, the whole word.
const ANYWHERE: u64 = breakpoint::E | LEVELS | breakpoint::BAS;

/// Free registers of so many.
fn free(count: u8, is_used: impl Fn(usize) -> bool) -> impl Iterator<Item = usize> {
    (0..usize::from(count).min(MOST)).filter(move |&n| !is_used(n))
}

/// False if one has no place.
fn place(registers: &mut [Pair; MOST], mut free: impl Iterator<Item = usize>, all: impl Iterator<Item = Pair>) -> bool {
    for pair in all {
        let Some(n) = free.next() else { return false };
        registers[n] = pair;
    }
    true
}

/// The registers that a watchpoint takes: one for each doubleword that it touches, or one in all if it is a power of two
/// and aligned.
fn registers(watch: &Watch) -> impl Iterator<Item = Pair> {
    let Watch { address, length, kind } = *watch;
    let control = watchpoint::E | LEVELS | kind << LSC_SHIFT;
    let is_masked =
        length > MASKED_FROM && length <= MASKED_TO && length.is_power_of_two() && address & (length - 1) == 0;
    let masked = is_masked.then(|| Pair {
        control: control | watchpoint::BAS | u64::from(length.trailing_zeros()) << MASK_SHIFT,
        value: address,
    });
    let doublewords = if is_masked { 0 } else { ((address & 7) + length.min(MOST_BYTES)).div_ceil(8) };
    let each = (0..doublewords).map(move |n| {
        let base = (address & !7).wrapping_add(8 * n);
        let is_watched = |byte: &u64| base.wrapping_add(*byte).wrapping_sub(address) < length;
        let select = (0..8).filter(is_watched).fold(0, |bits, byte| bits | 1 << byte);
        Pair { control: control | select << BAS_SHIFT, value: base }
    });
    masked.into_iter().chain(each)
}

/// More than all registers together can watch byte by byte.
const MOST_BYTES: u64 = 8 * (MOST as u64 + 1);

impl Hardware {
    /// The guest's alone, as they are.
    pub const fn of_guest(guest: &GuestBank) -> Self {
        let GuestBank { breakpoints, watchpoints, mdscr } = *guest;
        Self { breakpoints, watchpoints, mdscr, is_short: false }
    }

    /// Those that the guest has turned on, without EL1 where it takes nothing from there.
    fn take_guests(&mut self, guest: &GuestBank) {
        let all = (self.breakpoints.iter_mut().zip(&guest.breakpoints))
            .chain(self.watchpoints.iter_mut().zip(&guest.watchpoints));
        for (here, &Pair { control, value }) in all {
            let levels = if guest.takes_from_el1() { control } else { control & !AT_EL1 };
            let matches_somewhere = levels & LEVELS != 0;
            // One that is linked to needs no level of its own.
            let is_linked_to = breakpoint::bt(control) == breakpoint::kind::CONTEXT_LINKED;
            if control & breakpoint::E != 0 && (matches_somewhere || is_linked_to) {
                *here = Pair { control: levels, value };
            }
        }
    }

    /// Writes what is different from what was there; all of it without.
    pub fn write<B: DebugBackend>(&self, old: Option<&Self>, backend: &mut B) -> Result<(), B::Error> {
        let Counts { breakpoints, watchpoints, .. } = backend.counts();
        for n in 0..breakpoints.min(MOST as u8) {
            let at = usize::from(n);
            let (new, old) = (self.breakpoints[at], old.map(|old| old.breakpoints[at]));
            put(new, old, DebugRegister::Bcr(n), DebugRegister::Bvr(n), backend)?;
        }
        for n in 0..watchpoints.min(MOST as u8) {
            let at = usize::from(n);
            let (new, old) = (self.watchpoints[at], old.map(|old| old.watchpoints[at]));
            put(new, old, DebugRegister::Wcr(n), DebugRegister::Wvr(n), backend)?;
        }
        if old.is_none_or(|old| old.mdscr != self.mdscr) {
            backend.write(DebugRegister::Mdscr, self.mdscr, false)?;
        }
        Ok(())
    }
}

fn put<B: DebugBackend>(
    new: Pair,
    old: Option<Pair>,
    control: DebugRegister,
    value: DebugRegister,
    backend: &mut B,
) -> Result<(), B::Error> {
    if old.is_none_or(|old| old.value != new.value) {
        backend.write(value, new.value, false)?;
    }
    if old.is_none_or(|old| old.control != new.control) {
        backend.write(control, new.control, false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debugger::points::{Asked, LOADS, STORES};
    use std::vec::Vec;

    const COUNTS: Counts = Counts { breakpoints: 6, watchpoints: 4, contexts: 2 };
    const MDE: u64 = mdscr::MDE;

    fn merged(guest: &GuestBank, points: &Points) -> Hardware {
        merge(guest, false, points, Excluded::NONE, false, COUNTS)
    }

    #[test]
    fn the_guests_stay_where_they_are() {
        let mut guest = GuestBank { mdscr: MDE | mdscr::KDE, ..GuestBank::default() };
        guest.breakpoints[0] = Pair { control: ANYWHERE, value: 0x1000 };
        guest.breakpoints[2] = Pair { control: ANYWHERE | 5 << 16 | 1 << 20, value: 0x3000 };
        guest.breakpoints[5] = Pair { control: breakpoint::E | 3 << 20, value: 77 };
        let mut points = Points::default();
        for n in 0..3 {
            assert!(points.add_break(0x9000 + 4 * n, Asked::Hardware));
        }
        let found = merged(&guest, &points);
        for n in [0, 2, 5] {
            assert_eq!(found.breakpoints[n], guest.breakpoints[n]);
        }
        let values = [1, 3, 4].map(|n| found.breakpoints[n].value);
        assert_eq!((values, found.is_short, found.mdscr), ([0x9000, 0x9004, 0x9008], false, MDE));
        points.add_break(0xa000, Asked::Software);
        assert!(merged(&guest, &points).is_short);
        guest.breakpoints[0].control = 0;
        assert!(!merged(&guest, &points).is_short);
        let locked = merge(&guest, true, &points, Excluded::NONE, false, COUNTS);
        assert!([2, 5].iter().all(|&n| locked.breakpoints[n] == Pair::default()), "a lock keeps the guest's away");
        assert_eq!(locked.breakpoints[0].value, 0x9000);
    }

    #[test]
    fn what_the_guest_would_not_take_from_el1_is_not_there() {
        let mut guest = GuestBank { mdscr: MDE, ..GuestBank::default() };
        guest.breakpoints[0] = Pair { control: ANYWHERE, value: 0x1000 };
        guest.watchpoints[1] =
            Pair { control: watchpoint::E | AT_EL1 | 3 << LSC_SHIFT | 1 << BAS_SHIFT, value: 0x2000 };
        let found = merged(&guest, &Points::default());
        assert_eq!(found.breakpoints[0].control, ANYWHERE & !AT_EL1);
        assert_eq!(found.watchpoints[1], Pair::default());
        guest.mdscr = 0;
        let off = merged(&guest, &Points::default());
        assert_eq!((off.breakpoints[0], off.mdscr), (Pair::default(), 0));
    }

    #[test]
    fn a_step_of_either() {
        let guest = GuestBank { mdscr: mdscr::SS | mdscr::TDCC, ..GuestBank::default() };
        let none = GuestBank::default();
        let points = Points::default();
        let step =
            |guest: &GuestBank, locked, steps| merge(guest, locked, &points, Excluded::NONE, steps, COUNTS).mdscr;
        assert_eq!(step(&guest, false, false), mdscr::SS | mdscr::TDCC);
        assert_eq!((step(&guest, true, false), step(&guest, true, true)), (mdscr::TDCC, mdscr::SS | mdscr::TDCC));
        assert_eq!((step(&none, false, false), step(&none, false, true)), (0, mdscr::SS));
    }

    /// Every address in a doubleword and every length up to 40: the registers watch these bytes and no others.
    #[test]
    fn a_watchpoint_watches_its_bytes() {
        for (address, length) in (0x1000..0x1008).flat_map(|address| (1..=40).map(move |length| (address, length))) {
            let watch = Watch { address, length, kind: STORES };
            let pairs: Vec<Pair> = registers(&watch).collect();
            let is_watched = |byte: u64| {
                pairs.iter().any(|Pair { control, value }| {
                    let mask = control >> MASK_SHIFT & 0x1f;
                    let size = if mask == 0 { 8 } else { 1 << mask };
                    let offset = byte.wrapping_sub(*value);
                    offset < size && (mask != 0 || control >> BAS_SHIFT >> offset & 1 != 0)
                })
            };
            for byte in 0xff0..0x1040 {
                assert_eq!(is_watched(byte), byte >= address && byte < address + length, "{watch:x?} {byte:#x}");
            }
            assert!(pairs.iter().all(|pair| pair.control >> LSC_SHIFT & 3 == STORES && pair.control & HMC_SSC == 0));
        }
    }

    const HMC_SSC: u64 = watchpoint::HMC | watchpoint::SSC;

    #[test]
    fn large_ranges_take_one_register_or_are_too_much() {
        let page = Watch { address: 0x4000, length: 0x1000, kind: LOADS };
        assert_eq!(registers(&page).count(), 1);
        let mut points = Points::default();
        points.add_watch(Watch { address: 0x4001, length: 0x1000, kind: LOADS });
        assert!(merged(&GuestBank::default(), &points).is_short);
        let mut points = Points::default();
        points.add_watch(Watch { address: 0, length: u64::MAX, kind: LOADS });
        assert!(merged(&GuestBank::default(), &points).is_short);
    }

    #[test]
    fn what_is_stepped_over_is_left_out() {
        let mut guest = GuestBank { mdscr: MDE | mdscr::KDE, ..GuestBank::default() };
        guest.breakpoints[0] = Pair { control: ANYWHERE, value: 0x1000 };
        let mut points = Points::default();
        points.add_break(0x9000, Asked::Hardware);
        points.add_watch(Watch { address: 0x5000, length: 4, kind: LOADS });
        let left = |what| {
            let found = merge(&guest, false, &points, Excluded(what), true, COUNTS);
            [found.breakpoints[0].control, found.breakpoints[1].control, found.watchpoints[0].control].map(|c| c & 1)
        };
        assert_eq!(left(Excluded::GUEST), [0, 1, 1]);
        assert_eq!(left(Excluded::BREAKS), [1, 0, 1]);
        assert_eq!(left(Excluded::WATCHES), [1, 1, 0]);
    }
}
