// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of a guest's own breakpoints and watchpoints match (Arm ARM, D2.8 and D2.9), and whether it would take the
//! exception (D2.3).

use super::guest_bank::{GuestBank, Pair};
use super::points::{LOADS, STORES};
use arm_debug_bits::{breakpoint, watchpoint};
use arm_syndrome::Spsr;

/// PSTATE.D: EL1 takes no debug exceptions from itself.
const D: u64 = 1 << 9;
/// The value of a PMC or PAC field that matches at EL1 alone, and at EL0 alone.
const AT_EL1: u64 = 0b01;
const AT_EL0: u64 = 0b10;
/// PMC and PAC stand at the same place.
const LEVELS_SHIFT: u32 = 1;
const LSC_SHIFT: u32 = 3;
const BAS_SHIFT: u32 = 5;
const MASK_SHIFT: u32 = 24;
const _: () = assert!(breakpoint::PMC == 0b11 << LEVELS_SHIFT && watchpoint::PAC == 0b11 << LEVELS_SHIFT);
const _: () = assert!(watchpoint::LSC == 0b11 << LSC_SHIFT && watchpoint::BAS == 0xff << BAS_SHIFT);
const _: () = assert!(watchpoint::MASK == 0x1f << MASK_SHIFT && breakpoint::BAS == 0xf << BAS_SHIFT);

/// The guest at the moment of an exception.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The instruction.
    pub pc: u64,
    /// Its program state.
    pub spsr: Spsr,
    /// CONTEXTIDR_EL1.
    pub context: u32,
    /// The guest has its OS lock.
    pub is_locked: bool,
}

/// An access to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accessed {
    /// The first byte.
    pub start: u64,
    /// Bytes.
    pub length: u64,
    /// [`LOADS`], [`STORES`].
    pub kind: u64,
}

impl Moment {
    /// Whether the guest takes debug exceptions here, BRK aside.
    pub fn takes(&self, bank: &GuestBank) -> bool {
        let from_el1 = bank.takes_from_el1() && self.spsr.0 & D == 0;
        !self.is_locked && (self.spsr.is_el0() || from_el1)
    }

    /// Whether one of the guest's own breakpoints stops the instruction.
    pub fn breaks(&self, bank: &GuestBank) -> bool {
        bank.is_enabled() && self.takes(bank) && bank.breakpoints.iter().any(|pair| self.breaks_by(*pair, bank))
    }

    /// The first byte of an access that one of the guest's own watchpoints watches.
    pub fn watches(&self, bank: &GuestBank, access: Accessed) -> Option<u64> {
        if !bank.is_enabled() || !self.takes(bank) {
            return None;
        }
        bank.watchpoints.iter().filter_map(|pair| self.watches_by(*pair, bank, access)).min()
    }

    fn breaks_by(&self, Pair { control, value }: Pair, bank: &GuestBank) -> bool {
        use breakpoint::kind;
        if control & breakpoint::E == 0 || !self.is_at_level(control) {
            return false;
        }
        match breakpoint::bt(control) {
            kind::ADDRESS => self.is_at(control, value),
            kind::ADDRESS_LINKED => self.is_at(control, value) && self.is_linked(breakpoint::lbn(control), bank),
            kind::CONTEXT => value as u32 == self.context,
            // By itself a linked context matches nothing, and a mismatch is AArch32's.
            _ => false,
        }
    }

    fn is_at_level(&self, control: u64) -> bool {
        let wanted = if self.spsr.is_el0() { AT_EL0 } else { AT_EL1 };
        control >> LEVELS_SHIFT & wanted != 0
    }

    /// BAS selects halfwords, which T32 alone needs; the address is sign-extended on the hardware.
    fn is_at(&self, control: u64, value: u64) -> bool {
        let is_word = self.pc & !0b11 == value & !0b11;
        let selected = control >> BAS_SHIFT >> (self.pc & 0b10) & 0b11;
        is_word && (!self.spsr.is_aarch32() || selected != 0)
    }

    fn is_linked(&self, to: u8, bank: &GuestBank) -> bool {
        bank.breakpoints.get(usize::from(to)).is_some_and(|&Pair { control, value }| {
            let kind = breakpoint::bt(control);
            control & breakpoint::E != 0 && kind == breakpoint::kind::CONTEXT_LINKED && value as u32 == self.context
        })
    }

    fn watches_by(&self, Pair { control, value }: Pair, bank: &GuestBank, access: Accessed) -> Option<u64> {
        let is_kind = control >> LSC_SHIFT & access.kind & (LOADS | STORES) != 0;
        let is_on = control & watchpoint::E != 0 && self.is_at_level(control) && is_kind;
        let is_linked = control & watchpoint::WT == 0 || self.is_linked(watchpoint::lbn(control), bank);
        if !is_on || !is_linked {
            return None;
        }
        let (base, length) = watched(control, value);
        let is_byte = |offset: u64| length > 8 || control >> BAS_SHIFT >> offset & 1 != 0;
        let first = base.max(access.start);
        let of_access = |byte: u64| byte.wrapping_sub(access.start) < access.length;
        if length > 8 {
            return (first.wrapping_sub(base) < length && of_access(first)).then_some(first);
        }
        (0..length).filter(|&n| is_byte(n)).map(|n| base.wrapping_add(n)).find(|&byte| of_access(byte))
    }
}

/// The bytes that a watchpoint may watch: the first one, and how many.
fn watched(control: u64, value: u64) -> (u64, u64) {
    let mask = (control & watchpoint::MASK) >> MASK_SHIFT;
    if mask != 0 {
        return (value & !((1 << mask) - 1), 1 << mask);
    }
    // An address that is word-aligned and no more has four bytes.
    let length = if value & 0b100 == 0 { 8 } else { 4 };
    (value & !0b11, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_BOTH: u64 = 0b11 << LEVELS_SHIFT;
    const MDE: u64 = arm_debug_bits::mdscr::MDE;
    const KDE: u64 = arm_debug_bits::mdscr::KDE;

    fn moment(pc: u64, spsr: u64) -> Moment {
        Moment { pc, spsr: Spsr(spsr), context: 7, is_locked: false }
    }

    fn bank(mdscr: u64, breakpoints: &[Pair], watchpoints: &[Pair]) -> GuestBank {
        let mut bank = GuestBank { mdscr, ..GuestBank::default() };
        bank.breakpoints[..breakpoints.len()].copy_from_slice(breakpoints);
        bank.watchpoints[..watchpoints.len()].copy_from_slice(watchpoints);
        bank
    }

    #[test]
    fn levels_masks_and_locks() {
        let both = Pair { control: 1 | AT_BOTH | breakpoint::BAS, value: 0x1000 };
        for (mdscr, spsr, taken) in [
            (MDE, 0, true),
            (MDE, 5, false),
            (MDE | KDE, 5, true),
            (MDE | KDE, 5 | D, false),
            (MDE, D, true),
            (KDE, 0, false),
            (0, 5, false),
        ] {
            let bank = bank(mdscr, &[both], &[]);
            assert_eq!(moment(0x1000, spsr).breaks(&bank), taken, "{mdscr:#x} {spsr:#x}");
            assert!(!Moment { is_locked: true, ..moment(0x1000, spsr) }.breaks(&bank));
            assert!(!moment(0x1004, spsr).breaks(&bank));
        }
        for (levels, at_el0, at_el1) in [(AT_EL0, true, false), (AT_EL1, false, true), (0, false, false)] {
            let one = Pair { control: 1 | levels << LEVELS_SHIFT, value: 0x1000 };
            let bank = bank(MDE | KDE, &[one], &[]);
            assert_eq!((moment(0x1000, 0).breaks(&bank), moment(0x1000, 5).breaks(&bank)), (at_el0, at_el1));
        }
    }

    #[test]
    fn contexts() {
        let linked = Pair { control: 1 | AT_BOTH | breakpoint::BAS | 1 << 16 | 1 << 20, value: 0x1000 };
        let context = |kind: u64, value: u64| Pair { control: 1 | AT_BOTH | kind << 20, value };
        for (kind, id, taken) in [(3, 7, true), (3, 8, false), (2, 8, false), (0, 7, false)] {
            let bank = bank(MDE, &[linked, context(kind, id)], &[]);
            assert_eq!(moment(0x1000, 0).breaks(&bank), taken, "{kind} {id}");
        }
        assert!(moment(0x4444, 0).breaks(&bank(MDE, &[context(2, 7)], &[])), "a context alone, anywhere");
        assert!(!moment(0x4444, 0).breaks(&bank(MDE, &[context(3, 7)], &[])));
    }

    #[test]
    fn halfwords_of_t32() {
        let upper = Pair { control: 1 | AT_BOTH | 0b1100 << BAS_SHIFT, value: 0x1000 };
        let bank = bank(MDE, &[upper], &[]);
        assert!(moment(0x1002, 0x30).breaks(&bank) && !moment(0x1000, 0x30).breaks(&bank));
    }

    /// Every select of bytes and every access of up to eight bytes around it, against the definition.
    #[test]
    fn bytes_of_a_watchpoint() {
        for (select, at) in (0..256u64).flat_map(|select| [0x1000, 0x1004].map(|at| (select, at))) {
            let pair = Pair { control: 1 | AT_BOTH | 0b11 << LSC_SHIFT | select << BAS_SHIFT, value: at };
            let bank = bank(MDE, &[], &[pair]);
            for (start, length) in (0xff8..0x1010).flat_map(|start| (1..=8).map(move |length| (start, length))) {
                let room = if at & 4 == 0 { 8 } else { 4 };
                let is_watched = |byte: &u64| *byte >= at && *byte < at + room && select >> (byte - at) & 1 != 0;
                let wanted = (start..start + length).find(is_watched);
                let access = Accessed { start, length, kind: LOADS };
                assert_eq!(moment(0, 0).watches(&bank, access), wanted, "{select:#x} {at:#x} {start:#x} {length}");
            }
        }
    }

    #[test]
    fn ranges_and_directions() {
        let kilobyte = |lsc: u64| Pair {
            control: 1 | AT_BOTH | lsc << LSC_SHIFT | 0xff << BAS_SHIFT | 10 << MASK_SHIFT,
            value: 0x1400,
        };
        let at = |start: u64, length: u64, kind: u64| Accessed { start, length, kind };
        let bank = bank(MDE, &[], &[kilobyte(STORES)]);
        assert_eq!(moment(0, 0).watches(&bank, at(0x13fc, 8, STORES)), Some(0x1400));
        assert_eq!(moment(0, 0).watches(&bank, at(0x17ff, 1, STORES)), Some(0x17ff));
        assert_eq!(moment(0, 0).watches(&bank, at(0x1800, 1, STORES)), None);
        assert_eq!(moment(0, 0).watches(&bank, at(0x1400, 1, LOADS)), None);
        assert_eq!(moment(0, 5).watches(&bank, at(0x1400, 1, STORES)), None, "EL1 without KDE");
    }
}
