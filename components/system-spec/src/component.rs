// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is who, for messages, the fault monitor and the audit.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ComponentKind {
    /// Protection domain; its faults carry the badge row + 1 when the root task is its fault handler.
    ProtectionDomain = 0,
    /// vCPU of a virtual machine.
    Vcpu = 1,
}

/// A protection domain or a vCPU. All protection domains come first, in the order of the manifest.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Component {
    /// Lowest address of the stack; 0 = none.
    pub stack_bottom: u64,
    /// Name, as an offset in the names.
    pub name: u32,
    /// TCB.
    pub tcb: u32,
    /// Scheduling context.
    pub sched_context: u32,
    /// Notification, or [`crate::NONE`].
    pub notification: u32,
    /// CNode whose slots the audit lists.
    pub cspace: u32,
    /// [`ComponentKind`].
    pub kind: u8,
    /// 1 when it gives up its scheduling context after initialisation.
    pub passive: u8,
    /// Zero.
    pub reserved: u16,
}

impl Component {
    /// What it is.
    pub const fn kind(&self) -> ComponentKind {
        if self.kind == ComponentKind::Vcpu as u8 { ComponentKind::Vcpu } else { ComponentKind::ProtectionDomain }
    }
}
