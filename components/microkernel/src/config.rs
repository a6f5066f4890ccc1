// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `gen_config.json` says, as constants.

/// The kernel prints, and programs may: DebugPutChar.
pub const PRINTING: bool = true;
/// The other debug system calls.
pub const DEBUG_BUILD: bool = true;
/// The debug shim's invocations exist.
pub const VCPU_DEBUG: bool = true;
/// Slots of the root CNode as a power of two.
pub const ROOT_CNODE_SIZE_BITS: u8 = 17;
/// Budget and period of the root task, in microseconds.
pub const BOOT_TIME_SLICE_US: u64 = 5000;
