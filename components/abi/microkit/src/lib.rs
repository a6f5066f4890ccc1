// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where Microkit's runtime expects its capabilities, badges and pages, as plain data.
//!
//! The tool that builds an image puts them there, and the runtime of a protection domain (`sel4-microkit`) looks for
//! them there. Numbers are those of Microkit's own tool, so that its programs run unchanged.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

/// Slots of a protection domain's CSpace; the `_BASE` ones are indexed by channel or child.
pub mod slot {
    /// What the domain waits on: its endpoint, or its notification when nobody calls it.
    pub const INPUT: u32 = 1;
    /// Its own VSpace.
    pub const VSPACE: u32 = 3;
    /// Its reply object.
    pub const REPLY: u32 = 4;
    /// The monitor's endpoint, in passive domains.
    pub const MONITOR_ENDPOINT: u32 = 5;
    /// Notifications that it signals.
    pub const OUTPUT_NOTIFICATION_BASE: u32 = 10;
    /// Endpoints that it calls.
    pub const ENDPOINT_BASE: u32 = 74;
    /// Interrupt handlers.
    pub const IRQ_BASE: u32 = 138;
    /// TCBs of child domains.
    pub const CHILD_TCB_BASE: u32 = 202;
    /// TCBs of vCPUs.
    pub const VM_TCB_BASE: u32 = 266;
    /// vCPUs.
    pub const VCPU_BASE: u32 = 330;
}

/// A domain's CNode has 512 slots.
pub const CNODE_BITS: u8 = 9;
/// With `<cspace>`, a root CNode of 64 slots comes above it; slot 0 is the CNode.
pub const ROOT_CNODE_BITS: u8 = 6;

/// Set in the badge of a child's fault messages; the child's id is in the low bits.
pub const FAULT_BADGE: u64 = 1 << 62;
/// Set in the badge of protected procedure calls; the channel id is in the low bits.
pub const CALL_BADGE: u64 = 1 << 63;

/// The channel id in such a badge.
pub const CHANNEL_MASK: u64 = 0x3f;
/// The child's or vCPU's id in the badge of its faults.
pub const CHILD_MASK: u64 = 0xff;

/// Ids of channels and interrupts of one domain are below this: bits 63 and 62 of a badge say what came in.
pub const MAX_CHANNELS: usize = 62;

const _: () = assert!(slot::ENDPOINT_BASE >= slot::OUTPUT_NOTIFICATION_BASE + MAX_CHANNELS as u32);
const _: () = assert!(slot::IRQ_BASE >= slot::ENDPOINT_BASE + MAX_CHANNELS as u32);
const _: () = assert!(slot::CHILD_TCB_BASE >= slot::IRQ_BASE + MAX_CHANNELS as u32);
const _: () = assert!(slot::VM_TCB_BASE >= slot::CHILD_TCB_BASE + MAX_CHANNELS as u32);
const _: () = assert!(slot::VCPU_BASE >= slot::VM_TCB_BASE + MAX_CHANNELS as u32);
const _: () = assert!(1 << CNODE_BITS >= slot::VCPU_BASE + MAX_CHANNELS as u32);

/// Page of the IPC buffer: the last of the address space.
pub const IPC_BUFFER: u64 = sel4_abi::USER_TOP_EVERYWHERE - 0x1000;
/// The stack ends below it, after a guard page.
pub const STACK_TOP: u64 = IPC_BUFFER - 0x1000;
