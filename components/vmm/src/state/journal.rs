// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is committed, and for which exit.

use crate::exit::Next;
use core::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};
use zerocopy::{FromBytes, KnownLayout};

/// The words that commits of a VM are made of.
#[derive(FromBytes, KnownLayout, Debug)]
#[repr(C)]
pub struct Journal {
    /// Goes on with each commit; never 0.
    epoch: AtomicU64,
    /// The last epoch in which a section was changed.
    changed: AtomicU64,
}

/// What is known of a vCPU's last exits.
#[derive(FromBytes, KnownLayout, Debug)]
#[repr(C)]
pub struct ExitRecord {
    /// The exit that was committed last: the number of its fault (32 bits), what becomes of the vCPU (2 bits), and the
    /// epoch that its commit ends: while that is the present one, it is not committed. 0 is none.
    committed: AtomicU64,
    /// Traps of debug registers, and above their count the number of the fault that was counted last.
    traps: AtomicU64,
}

const NEXT: u32 = 32;
const EPOCH: u32 = 34;
const NOTHING: u64 = 0;
const RESUME: u64 = 1;
const WAIT: u64 = 2;
const STOP: u64 = 3;

impl Journal {
    /// Nothing committed.
    pub const fn new() -> Self {
        Self { epoch: AtomicU64::new(1), changed: AtomicU64::new(0) }
    }

    #[inline(always)]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Relaxed)
    }

    #[inline(always)]
    pub(super) fn note_change(&self, epoch: u64) {
        self.changed.store(epoch, Relaxed);
    }

    /// Is there something to commit?
    #[inline(always)]
    pub fn is_changed(&self) -> bool {
        self.changed.load(Relaxed) == self.epoch()
    }

    /// All changes stand, together with what becomes of the vCPU if they are an exit's: which one it was, by its number
    /// in the vCPU's record.
    #[inline]
    pub fn commit(&self, exit: Option<(&ExitRecord, u32, Next)>) {
        compiler_fence(SeqCst);
        if let Some((record, number, next)) = exit {
            let next = match next {
                Next::Resume => RESUME,
                Next::Wait => WAIT,
                Next::Stop => STOP,
                Next::Stay => NOTHING,
            };
            record.committed.store(u64::from(number) | next << NEXT | self.epoch() << EPOCH, Relaxed);
        }
        compiler_fence(SeqCst);
        #[cfg(test)]
        crate::fake::crash_point();
        self.epoch.store(self.epoch().wrapping_add(1).max(1), Relaxed);
        compiler_fence(SeqCst);
    }
}

impl ExitRecord {
    /// No exit yet.
    pub const fn new() -> Self {
        Self { committed: AtomicU64::new(0), traps: AtomicU64::new(0) }
    }

    /// What was decided for the exit with this number, if it was committed.
    pub fn committed(&self, number: u32, journal: &Journal) -> Option<Next> {
        let committed = self.committed.load(Relaxed);
        if committed as u32 != number || committed >> EPOCH == (journal.epoch() << EPOCH) >> EPOCH {
            return None;
        }
        match committed >> NEXT & 3 {
            RESUME => Some(Next::Resume),
            WAIT => Some(Next::Wait),
            STOP => Some(Next::Stop),
            _ => None,
        }
    }

    /// Count a trap once, however often its exit is handled. One store, and no commit.
    #[inline]
    pub fn count_trap(&self, number: u32) {
        let traps = self.traps.load(Relaxed);
        if (traps >> 32) as u32 != number || number == 0 {
            self.traps.store(u64::from(number) << 32 | u64::from((traps as u32).wrapping_add(1)), Relaxed);
        }
    }

    /// Counted so far.
    pub fn traps(&self) -> u32 {
        self.traps.load(Relaxed) as u32
    }

    /// Count from 0.
    pub fn reset_traps(&self) {
        self.traps.store(0, Relaxed);
    }
}

/// Tests go on from copies.
#[cfg(test)]
impl Clone for Journal {
    fn clone(&self) -> Self {
        let copy = |word: &AtomicU64| AtomicU64::new(word.load(Relaxed));
        Self { epoch: copy(&self.epoch), changed: copy(&self.changed) }
    }
}

#[cfg(test)]
impl Clone for ExitRecord {
    fn clone(&self) -> Self {
        let copy = |word: &AtomicU64| AtomicU64::new(word.load(Relaxed));
        Self { committed: copy(&self.committed), traps: copy(&self.traps) }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for ExitRecord {
    fn default() -> Self {
        Self::new()
    }
}
