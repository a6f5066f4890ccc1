// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the debugger wants to stop at.

use super::guest_bank::MOST;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Loads: a bit of [`Watch::kind`], as DBGWCR.LSC has it.
pub const LOADS: u64 = 1;
/// Stores.
pub const STORES: u64 = 2;

/// How gdb asked for a breakpoint: it is told the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Asked {
    /// As a breakpoint in software: the guest's memory is not changed for it, it takes a register as well.
    Software = 1,
    /// As one of the hardware's.
    Hardware = 2,
}

/// A breakpoint.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Break {
    /// Of the instruction.
    pub address: u64,
    /// Bits of [`Asked`]; 0: there is none.
    asked: u64,
}

/// A watchpoint on bytes.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Watch {
    /// Of the first byte.
    pub address: u64,
    /// Bytes; 0: there is none.
    pub length: u64,
    /// [`LOADS`], [`STORES`].
    pub kind: u64,
}

/// All of them.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Points {
    breaks: [Break; MOST],
    watches: [Watch; MOST],
}

impl Break {
    /// Whether a stop here is told as one of software.
    pub const fn is_software(&self) -> bool {
        self.asked & Asked::Software as u64 != 0
    }
}

impl Watch {
    /// The byte of this watchpoint that an access touches first, if it does.
    pub fn touched(&self, start: u64, length: u64, kind: u64) -> Option<u64> {
        let first = self.address.max(start);
        let behind = |from: u64, length: u64| first.wrapping_sub(from) < length;
        let touches = self.kind & kind != 0 && behind(self.address, self.length) && behind(start, length);
        touches.then_some(first)
    }
}

impl Points {
    /// The breakpoints.
    pub fn breaks(&self) -> impl Iterator<Item = &Break> {
        self.breaks.iter().filter(|point| point.asked != 0)
    }

    /// The watchpoints.
    pub fn watches(&self) -> impl Iterator<Item = &Watch> {
        self.watches.iter().filter(|point| point.length != 0)
    }

    /// The breakpoint at an address.
    pub fn break_at(&self, address: u64) -> Option<&Break> {
        self.breaks().find(|point| point.address == address)
    }

    /// One more, which may be there already. False if there is no place.
    pub fn add_break(&mut self, address: u64, asked: Asked) -> bool {
        let at = |point: &&mut Break| point.asked != 0 && point.address == address;
        let free = self.breaks.iter().position(|point| point.asked == 0);
        let found = match self.breaks.iter_mut().find(at) {
            Some(point) => point,
            None => match free {
                Some(n) => &mut self.breaks[n],
                None => return false,
            },
        };
        found.address = address;
        found.asked |= asked as u64;
        true
    }

    /// One less. False if there was none.
    pub fn remove_break(&mut self, address: u64, asked: Asked) -> bool {
        let asked = asked as u64;
        let found = self.breaks.iter_mut().find(|point| point.asked & asked != 0 && point.address == address);
        found.map(|point| point.asked &= !asked).is_some()
    }

    /// One more. False if there is no place.
    pub fn add_watch(&mut self, watch: Watch) -> bool {
        if self.watches.contains(&watch) {
            return true;
        }
        let free = self.watches.iter_mut().find(|point| point.length == 0);
        free.map(|point| *point = watch).is_some()
    }

    /// One less. False if there was none.
    pub fn remove_watch(&mut self, watch: Watch) -> bool {
        let found = self.watches.iter_mut().find(|point| point.length != 0 && **point == watch);
        found.map(|point| *point = Watch::default()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breakpoint_that_is_asked_for_twice_goes_twice() {
        let mut points = Points::default();
        assert!(points.add_break(4, Asked::Software) && points.add_break(4, Asked::Software));
        assert!(points.add_break(4, Asked::Hardware));
        assert_eq!(points.breaks().count(), 1);
        assert!(points.remove_break(4, Asked::Software) && !points.remove_break(4, Asked::Software));
        assert!(points.break_at(4).is_some_and(|point| !point.is_software()));
        assert!(points.remove_break(4, Asked::Hardware) && points.break_at(4).is_none());
        assert!((0..MOST as u64).all(|n| points.add_break(n * 4, Asked::Hardware)));
        assert!(!points.add_break(0x1000, Asked::Hardware));
    }

    #[test]
    fn bytes_that_are_touched() {
        let watch = Watch { address: 0x1002, length: 3, kind: STORES };
        assert_eq!(watch.touched(0x1000, 8, STORES), Some(0x1002));
        assert_eq!(watch.touched(0x1003, 1, STORES | LOADS), Some(0x1003));
        assert_eq!(watch.touched(0x1000, 2, STORES), None);
        assert_eq!(watch.touched(0x1005, 8, STORES), None);
        assert_eq!(watch.touched(0x1002, 1, LOADS), None);
        let last = Watch { address: u64::MAX - 1, length: 2, kind: LOADS };
        assert_eq!(last.touched(u64::MAX, 1, LOADS), Some(u64::MAX));
        assert_eq!(last.touched(u64::MAX - 9, 8, LOADS), None);
    }
}
