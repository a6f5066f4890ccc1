// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a machine that the architecture's code has set up to the root task's first instruction.

pub mod device_tree;
pub mod memory;
pub mod regions;
#[cfg(target_os = "none")]
mod root_task;
#[cfg(target_os = "none")]
mod start;

#[cfg(target_os = "none")]
pub use start::boot;
