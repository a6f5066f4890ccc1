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

/// In the badge of the capability by which a passive protection domain tells the monitor that it can do without its
/// scheduling context, beside row + 1. It sets such a message apart from a fault, which only the kernel can send.
pub const PASSIVE_BADGE: u64 = 1 << 60;

/// What the root task does with a component that faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OnFault {
    /// It stays stopped.
    Stop = 0,
    /// It starts again, with fresh private memory, within [`Limits`].
    Restart = 1,
    /// Everything stops.
    Halt = 2,
}

/// How often a component may be started again.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Limits {
    /// So many times within a window, then it stays stopped.
    pub restarts: u32,
    /// The window, in milliseconds from its first fault.
    pub window_ms: u32,
    /// The second restart of a window waits that long, each further one twice as long.
    pub backoff_ms: u32,
    /// Time that it may use without a pause before that counts as a fault.
    pub patience_ms: u32,
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
    /// [`OnFault`].
    pub on_fault: u8,
    /// Zero.
    pub reserved: u8,
    /// For [`OnFault::Restart`].
    pub limits: Limits,
}

impl Component {
    /// What is done when it faults.
    pub const fn on_fault(&self) -> OnFault {
        match self.on_fault {
            1 => OnFault::Restart,
            2 => OnFault::Halt,
            _ => OnFault::Stop,
        }
    }

    /// What it is.
    pub const fn kind(&self) -> ComponentKind {
        if self.kind == ComponentKind::Vcpu as u8 { ComponentKind::Vcpu } else { ComponentKind::ProtectionDomain }
    }
}
