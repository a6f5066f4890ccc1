// SPDX-License-Identifier: MIT OR Apache-2.0
//! A model of cores, vCPUs and their guests around the production debug shim and the VMM's handlers.
//!
//! The shim and the handlers are not modelled: each step restores them from the state ([`debug_shim::fake`]), calls
//! them, and takes their state back. What is modelled is their surroundings: guests that read and write, the kernel's
//! calls at resume, exit, migration and deletion, a VMM that asks for anything, an outside debugger. Beside it runs what
//! each guest must find (`Ghost`). The properties carry the numbers of the shim's contract, P1 to P19.
#![forbid(unsafe_code)]

mod action;
mod machine;
mod properties;
mod state;
mod symmetry;
mod vmm;

pub use action::Action;
pub use properties::{REASONS, properties};
pub use state::{Ghost, SystemState};

use stateright::{Model, Property};

/// How big a system.
#[derive(Clone, Copy, Debug)]
pub struct System {
    pub cores: usize,
    pub vcpus: usize,
    /// What happens besides guests that run, write and stop.
    pub events: Events,
}

/// Kinds of events; each multiplies the states.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events {
    /// A VMM that asks for all ones, and flags without reason.
    pub hostile_vmm: bool,
    /// Guests that leave data in the communications channel.
    pub channel: bool,
    /// An outside debugger that comes and goes.
    pub outside_debugger: bool,
    /// OS locks taken and freed.
    pub os_lock: bool,
    /// VMMs that die, capabilities that are revoked, a kernel that panics.
    pub abnormal: bool,
}

impl Events {
    /// Nothing but guests that run, write and stop, and VMMs that reset them.
    pub const NONE: Self =
        Self { hostile_vmm: false, channel: false, outside_debugger: false, os_lock: false, abnormal: false };
    /// Everything.
    pub const ALL: Self =
        Self { hostile_vmm: true, channel: true, outside_debugger: true, os_lock: true, abnormal: true };
}

impl Model for System {
    type State = SystemState;
    type Action = Action;

    fn init_states(&self) -> Vec<SystemState> {
        vec![SystemState::new(self.cores, self.vcpus)]
    }

    fn actions(&self, state: &SystemState, actions: &mut Vec<Action>) {
        action::possible(state, self.events, actions);
    }

    fn next_state(&self, last: &SystemState, action: Action) -> Option<SystemState> {
        let next = symmetry::canonical(machine::step(last, action));
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties(self.events)
    }
}
