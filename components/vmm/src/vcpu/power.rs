// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a vCPU runs.

use crate::state::Content;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A vCPU's power, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Power {
    state: u64,
}

/// The states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerState {
    /// Not started, or ended.
    Off,
    /// It runs, or its exit is being handled.
    Running,
    /// It waits for an interrupt.
    Parked,
}

const OFF: u64 = 0;
const RUNNING: u64 = 1;
const PARKED: u64 = 2;
const _: () = assert!((OFF | RUNNING) & PARKED == 0);

impl Power {
    /// The state.
    pub const fn state(&self) -> PowerState {
        match self.state {
            RUNNING => PowerState::Running,
            _ if self.is_parked() => PowerState::Parked,
            _ => PowerState::Off,
        }
    }

    /// Enters a state.
    pub fn enter(&mut self, state: PowerState) {
        self.state = match state {
            PowerState::Off => OFF,
            PowerState::Running => RUNNING,
            PowerState::Parked => PARKED,
        };
    }

    /// Whether it waits for an interrupt. The fast path asks for it in each exit, so it is one bit.
    #[inline(always)]
    pub const fn is_parked(&self) -> bool {
        self.state & PARKED != 0
    }
}

impl Content for Power {
    const NAME: &'static str = "power";

    fn new() -> Self {
        Self { state: OFF }
    }
}
