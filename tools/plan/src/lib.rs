// SPDX-License-Identifier: MIT OR Apache-2.0
//! The capability plan: every object and capability that a manifest means.
//!
//! [`Plan::build`] turns a checked manifest and its program images into objects, filled slots, mappings and
//! threads, laid out as Microkit does ([`layout`]); [`Plan::to_spec`] writes that down for the root task. Nothing
//! else in the system decides who gets what. Where Microkit gives more rights than its library uses, the plan
//! gives those that are used: outputs may only be written to, inputs only be read.
#![forbid(unsafe_code)]

mod builder;
mod channel;
mod elf;
mod emit;
mod error;
pub mod layout;
mod object;
pub mod policy;
mod protection_domain;
mod region;
mod report;
mod space;
#[cfg(test)]
mod tests;
mod virtual_machine;

use std::ops::Range;

pub use elf::{ElfError, Program, Segment};
pub use emit::size_bits;
use error::PlanError;
pub use object::{
    CapFill, ComponentPlan, FillFrames, Frames, IrqPlan, Mapped, Object, ObjectId, Perms, SchedPlan, Source, ThreadPlan,
};
pub use report::Totals;
pub use space::{Overlap, Space};

use crate::policy::Policy;
use lazaret_board::Board;
use lazaret_diagnostic::{Diagnostic, first_of_many};
use lazaret_sdf::System;

/// Bytes of a row of the specification with its name, and of everything of which there are few: more than they have.
const ROW: usize = 256;
const TABLES: u64 = 1 << 18;

/// What the manifest does not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// The board's first memory: regions that need one known physical address are put at its end.
    pub ram: Range<u64>,
    /// Have the root task list every capability.
    pub audit: bool,
    /// What is done with what faults.
    pub policy: Policy,
    /// For a test of the audit: give the first domain a capability that the manifest does not name, and do not
    /// tell the audit.
    pub plant_capability: bool,
    /// Start several VMs on a kernel that does not switch debug registers.
    pub allow_shared_debug: bool,
    /// This virtual machine starts when a debugger has come and lets it.
    pub waits_for_debugger: Option<String>,
    /// A protection domain with a virtual machine keeps its scheduling context, whatever the description says: for a seL4,
    /// which cannot stop a vCPU by a reply, so that a passive one would sleep on what its guest has lent it.
    pub vmms_stay_active: bool,
}

impl Options {
    /// For a board.
    pub fn of(board: &Board) -> Self {
        Self {
            ram: board.memory.first().cloned().unwrap_or(0..0),
            audit: false,
            policy: Policy::default(),
            plant_capability: false,
            allow_shared_debug: false,
            waits_for_debugger: None,
            vmms_stay_active: false,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ram: 0x4000_0000..0xc000_0000,
            audit: false,
            policy: Policy::default(),
            plant_capability: false,
            allow_shared_debug: false,
            waits_for_debugger: None,
            vmms_stay_active: false,
        }
    }
}

/// Everything that the root task creates.
#[derive(Clone, Debug)]
pub struct Plan {
    pub objects: Vec<Object>,
    /// Filled slots.
    pub caps: Vec<CapFill>,
    /// Capabilities for the test of the audit, which it is not told of.
    pub planted: Vec<CapFill>,
    pub threads: Vec<ThreadPlan>,
    /// Scheduling contexts.
    pub sched_contexts: Vec<SchedPlan>,
    /// Address spaces and the run of page tables of each.
    pub spaces: Vec<(Space, ObjectId)>,
    pub mappings: Vec<Mapped>,
    /// First contents of frames that are not pages of the image.
    pub fills: Vec<FillFrames>,
    /// Interrupts.
    pub irqs: Vec<IrqPlan>,
    /// Protection domains in the manifest's order, then vCPUs.
    pub components: Vec<ComponentPlan>,
    /// Endpoint of the monitor.
    pub monitor_endpoint: ObjectId,
    /// Reply object of the monitor.
    pub monitor_reply: ObjectId,
    /// Pages that the image carries.
    pub data: Vec<u8>,
    /// Have the root task list every capability.
    pub audit: bool,
}

impl Plan {
    /// Plans a system; reads its program images and prefill files. All errors, not the first one.
    pub fn build(system: &System, options: &Options) -> Result<Self, Vec<Diagnostic>> {
        let place = |error: PlanError| error.into_diagnostic(&system.source);
        builder::Builder::new(system, options)
            .run()
            .map_err(|errors| first_of_many(errors.into_iter().map(place).collect(), 0))
    }

    /// Objects in the order in which the root task makes them.
    pub fn in_order_of_creation(&self) -> impl Iterator<Item = &Object> {
        emit::order(&self.objects).into_iter().map(|index| &self.objects[index])
    }

    /// Bytes of the specification at most, with the pages that it carries.
    pub fn spec_size(&self) -> u64 {
        let rows =
            self.objects.len() + self.caps.len() + self.mappings.len() + self.components.len() + self.threads.len();
        self.data.len() as u64 + (ROW * rows) as u64 + TABLES
    }

    /// The specification that the root task reads.
    pub fn to_spec(&self) -> Vec<u8> {
        emit::to_spec(self)
    }
}
