// SPDX-License-Identifier: MIT OR Apache-2.0
//! Threads and what they run on.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Bits of [`Thread::flags`].
pub mod thread_flags {
    /// Runs from the start; the others wait for their parent.
    pub const RESUME: u32 = 1;
    /// May not use FP and SIMD.
    pub const FPU_DISABLED: u32 = 2;
}

/// A thread: protection domain or vCPU. Object numbers may be [`crate::NONE`] where said.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Thread {
    /// Guard word of the CSpace.
    pub cspace_data: u64,
    /// Address of the IPC buffer; 0 = none.
    pub ipc_buffer_vaddr: u64,
    /// Badge of its fault messages.
    pub fault_badge: u64,
    /// First instruction.
    pub entry: u64,
    /// Stack pointer.
    pub sp: u64,
    /// First argument.
    pub x0: u64,
    /// TCB.
    pub tcb: u32,
    /// CSpace.
    pub cspace: u32,
    /// VSpace.
    pub vspace: u32,
    /// Frame of the IPC buffer, as a [`crate::Ref`] word; may be none.
    pub ipc_buffer: u32,
    /// Scheduling context.
    pub sched_context: u32,
    /// Endpoint of fault messages; may be none.
    pub fault_endpoint: u32,
    /// Bound notification; may be none.
    pub notification: u32,
    /// vCPU; may be none.
    pub vcpu: u32,
    /// [`thread_flags`].
    pub flags: u32,
    /// Priority.
    pub priority: u8,
    /// Maximum controlled priority.
    pub mcp: u8,
    /// Zero.
    pub reserved: u16,
}

/// Parameters of a scheduling context.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct SchedContext {
    /// Microseconds in each period.
    pub budget: u64,
    /// Microseconds; equal to the budget = round robin.
    pub period: u64,
    /// Word that timeout faults carry.
    pub badge: u64,
    /// Object.
    pub object: u32,
    /// Refills beyond two.
    pub extra_refills: u32,
}
