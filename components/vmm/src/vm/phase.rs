// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the VM runs.

use crate::state::Content;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The phase, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct VmPhase {
    phase: u64,
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

    /// Enters another one.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = match phase {
            Phase::ToStart => TO_START,
            Phase::On => ON,
            Phase::Off => OFF,
        };
    }
}

impl Content for VmPhase {
    const NAME: &'static str = "phase";

    fn new() -> Self {
        Self { phase: TO_START }
    }
}
