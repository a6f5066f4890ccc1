// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual machines.

use super::{Map, Scheduling};
use lazaret_diagnostic::Span;

/// `virtual_machine`.
#[derive(Debug, Clone)]
pub struct VirtualMachine {
    /// Unique among virtual machines.
    pub name: String,
    /// Of each vCPU.
    pub scheduling: Scheduling,
    /// One or more.
    pub vcpus: Vec<Vcpu>,
    /// Guest-physical address space.
    pub maps: Vec<Map>,
    /// The element.
    pub span: Span,
}

/// `vcpu`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vcpu {
    /// Unique among the protection domain's vCPUs and children, 0 to 61.
    pub id: u8,
    /// The core that it runs on.
    pub cpu: u8,
    /// The element.
    pub span: Span,
}
