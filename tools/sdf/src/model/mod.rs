// SPDX-License-Identifier: MIT OR Apache-2.0
//! A valid system: what `load` gives when the description has no error.
//!
//! Names are resolved to indices, defaults are filled in, files are found, page sizes are chosen.

mod channel;
mod memory_region;
mod protection_domain;
mod schedule;
mod system;
mod virtual_machine;

pub use channel::{Channel, End};
pub use memory_region::{Map, MemoryRegion, MovedDevice, PageSize, Perms, PhysAddr, Prefill};
pub use protection_domain::{
    Irq, ParentLink, ProgramImage, ProtectionDomain, SetVar, SetVarValue, SharedCap, SharedCapKind, Trigger,
};
pub use schedule::{Domains, ScheduleEntry, Scheduling};
pub use system::{MrIndex, PdIndex, System};
pub use virtual_machine::{Vcpu, VirtualMachine};
