// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the VM runs.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The power state, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Power {
    phase: u32,
    parked: u32,
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

const TO_START: u32 = 0;
const ON: u32 = 1;
const OFF: u32 = 2;

impl Power {
    /// Before the first start.
    pub const fn new() -> Self {
        Self { phase: TO_START, parked: 0 }
    }

    /// The phase.
    pub const fn phase(&self) -> Phase {
        match self.phase {
            TO_START => Phase::ToStart,
            ON => Phase::On,
            _ => Phase::Off,
        }
    }

    /// Enter a phase, not parked.
    pub fn enter(&mut self, phase: Phase) {
        let phase = match phase {
            Phase::ToStart => TO_START,
            Phase::On => ON,
            Phase::Off => OFF,
        };
        *self = Self { phase, parked: 0 };
    }

    /// The vCPU waits for an interrupt, its fault unanswered for ever.
    pub const fn is_parked(&self) -> bool {
        self.parked != 0
    }

    /// It waits, or no more.
    pub fn park(&mut self, parked: bool) {
        self.parked = parked.into();
    }
}

impl Default for Power {
    fn default() -> Self {
        Self::new()
    }
}
