// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kernel objects: what they hold, and what the invocations of their capabilities do.

pub mod asid;
pub mod endpoint;
pub mod frame;
pub mod ipc_buffer;
pub mod notification;
pub mod page_table;
mod queue;
pub mod reference;
pub mod reply;
pub mod sched_context;
pub mod tcb;
pub mod vcpu;
pub mod vgic;
pub mod vspace;
