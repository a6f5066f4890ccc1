// SPDX-License-Identifier: MIT OR Apache-2.0
//! The binary interface between kernel and user level, as plain data.
//!
//! seL4's MCS ABI for AArch64 with hypervisor support on one core: the microkernel implements it, `sel4` calls
//! it, and both take every number from here. Names are the seL4 manual's. Nothing in this crate does anything.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod boot_info;
pub mod error;
pub mod fault;
pub mod invocation;
pub mod ipc_buffer;
pub mod message_info;
pub mod object;
pub mod rights;
pub mod syscall;
pub mod user_context;
pub mod vcpu_reg;

/// Sizes that differ between configurations.
mod sizes {
    include!(concat!(env!("OUT_DIR"), "/sizes.rs"));
}

/// A machine word: what a message register holds.
pub type Word = u64;
/// A capability pointer: an address in a CSpace.
pub type CPtr = u64;
/// Bits in a word.
pub const WORD_BITS: usize = 64;
/// Pages are 4 KiB.
pub const PAGE_BITS: usize = 12;
/// The highest priority, and the root task's.
pub const MAX_PRIORITY: u8 = 255;
/// Number of priorities.
pub const NUM_PRIORITIES: usize = 256;
/// First virtual address that user level cannot map (44-bit input addresses, 4 levels).
pub const USER_TOP: u64 = 1 << 44;
/// As [`USER_TOP`] on every core that the kernel runs on: Cortex-A53 has 40-bit physical addresses, so its stage 2
/// starts at level 1 and takes 39-bit input. What is planned below this runs everywhere.
pub const USER_TOP_EVERYWHERE: u64 = 1 << 39;
/// The smallest budget, in microseconds: twice the kernel's worst-case execution time.
pub const MIN_BUDGET_US: u64 = 20;
/// The longest period, in microseconds.
pub const MAX_PERIOD_US: u64 = 36_893_488_147_419;
