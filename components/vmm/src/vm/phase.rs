// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the VM runs, and when it may start again.
//!
//! A guest that resets itself again and again costs its neighbours more than any other exit does: its RAM is brought to
//! memory and its image loaded. So each further reset of a guest that had not run for [`SETTLED`] seconds waits twice as
//! long as the one before. A few are free: a boot loader and a kernel may each want one.

use crate::state::Content;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A guest that has run for so many seconds has booted.
pub const SETTLED: u64 = 10;
/// Resets in a row that wait for nothing.
pub const FREE: u64 = 4;
/// What the first one after them waits, in parts of a second: 10 ms.
const FIRST: u64 = 100;
/// Doubled so often, the wait grows no more: 5.12 s.
const DOUBLINGS: u64 = 9;

/// The phase, as it is kept. Times are values of the virtual counter.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct VmPhase {
    phase: u64,
    /// When it started last.
    started: u64,
    /// Resets in a row before the guest had settled.
    resets: u64,
    /// When it may start again.
    due: u64,
    /// How often it has started.
    starts: u64,
}

/// The phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The guest is to be loaded and started: never started yet, or in the middle of a reset.
    ToStart,
    /// It runs, or waits.
    On,
    /// It has ended.
    Off,
}

const TO_START: u64 = 0;
const ON: u64 = 1;
const OFF: u64 = 2;

impl VmPhase {
    /// Which it is.
    pub const fn get(&self) -> Phase {
        match self.phase {
            TO_START => Phase::ToStart,
            ON => Phase::On,
            _ => Phase::Off,
        }
    }

    /// The guest starts.
    pub fn start(&mut self, now: u64) {
        (self.phase, self.started, self.due) = (ON, now, 0);
        self.starts = self.starts.wrapping_add(1);
    }

    /// How often it has started.
    pub const fn starts(&self) -> u64 {
        self.starts
    }

    /// The guest has ended.
    pub fn end(&mut self) {
        self.phase = OFF;
    }

    /// The guest asks for a reset; `frequency`: ticks in a second.
    pub fn reset(&mut self, now: u64, frequency: u64) {
        let has_settled = now.saturating_sub(self.started) >= frequency.saturating_mul(SETTLED);
        let resets = if has_settled { 1 } else { self.resets.saturating_add(1) };
        let wait = match resets.checked_sub(FREE + 1) {
            None => 0,
            Some(more) => (frequency / FIRST).saturating_mul(1 << more.min(DOUBLINGS)),
        };
        (self.phase, self.resets, self.due) = (TO_START, resets, now.saturating_add(wait));
    }

    /// Resets in a row, of which the first ones count as settled.
    pub const fn resets(&self) -> u64 {
        self.resets
    }

    /// When the guest is to start, if that is not yet.
    pub const fn waits_until(&self, now: u64) -> Option<u64> {
        if self.phase == TO_START && now < self.due { Some(self.due) } else { None }
    }
}

impl Content for VmPhase {
    const NAME: &'static str = "phase";

    fn new() -> Self {
        Self { phase: TO_START, started: 0, resets: 0, due: 0, starts: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const FREQUENCY: u64 = 1000;

    /// What each of so many resets waits, of a guest that runs so long before.
    fn waits(count: usize, runs: u64) -> Vec<u64> {
        let (mut phase, mut now) = (VmPhase::new(), 77);
        let mut one = || {
            phase.start(now);
            now += runs;
            phase.reset(now, FREQUENCY);
            let wait = phase.waits_until(now).map_or(0, |due| due - now);
            now += wait;
            assert_eq!((phase.waits_until(now), phase.get()), (None, Phase::ToStart));
            wait
        };
        (0..count).map(|_| one()).collect()
    }

    #[test]
    fn resets_in_a_row_wait_longer_and_longer() {
        assert_eq!(waits(8, 3), [0, 0, 0, 0, 10, 20, 40, 80]);
        assert_eq!(waits(30, 0)[20..], [5120; 10]);
        assert_eq!(waits(6, 9_999), [0, 0, 0, 0, 10, 20]);
    }

    #[test]
    fn a_guest_that_had_booted_does_not_wait() {
        assert_eq!(waits(30, 10_000), [0; 30]);
        let (mut phase, mut now) = (VmPhase::new(), 0);
        (0..20).for_each(|_| phase.reset(now, FREQUENCY));
        now += 20_000;
        phase.start(now);
        now += 10_000;
        phase.reset(now, FREQUENCY);
        assert_eq!((phase.waits_until(now), phase.resets()), (None, 1));
    }

    #[test]
    fn no_clock_stops_it_for_ever() {
        let mut phase = VmPhase::new();
        phase.start(u64::MAX - 1);
        (0..200).for_each(|_| phase.reset(u64::MAX - 1, u64::MAX));
        assert_eq!(phase.waits_until(u64::MAX), None);
        phase.start(5);
        assert_eq!(phase.waits_until(0), None);
    }
}
