// SPDX-License-Identifier: MIT OR Apache-2.0
//! Microkit's numbers: what a description may ask for, and where a program's own pages lie.

use sel4_abi::USER_TOP_EVERYWHERE;

/// Protection domains in a system.
pub const MAX_PROTECTION_DOMAINS: usize = 63;
/// The highest id of a channel, irq, child or vCPU: badges have 64 bits, two of which have a meaning of their own.
pub const MAX_ID: u64 = microkit_abi::MAX_CHANNELS as u64 - 1;
/// The highest priority: 255 is the root task's.
pub const MAX_PRIORITY: u64 = 254;
/// Budget when none is given, in microseconds.
pub const DEFAULT_BUDGET_US: u64 = 1000;
/// Stack when none is given.
pub const DEFAULT_STACK: u64 = 0x2000;
/// The smallest stack.
pub const MIN_STACK: u64 = 0x1000;
/// The largest stack.
pub const MAX_STACK: u64 = 16 << 20;
/// One more than the highest slot that `cspace` can fill: the CNode's size, although Microkit's parser lets 127 pass.
pub const USER_CAP_SLOTS: u64 = 64;
/// Entries in the kernel's table of domain schedules.
pub const MAX_SCHEDULE: u64 = 100;
/// The smallest page.
pub const PAGE: u64 = 0x1000;
/// The name that Microkit keeps for itself.
pub const RESERVED_NAME: &str = "monitor";
/// The longest name of a protection domain or virtual machine, in bytes.
pub const MAX_NAME: usize = 64;

/// First address that a protection domain cannot map: its stack, a guard page and its IPC buffer are above.
pub const fn pd_top(stack_size: u64) -> u64 {
    USER_TOP_EVERYWHERE - 2 * PAGE - stack_size
}

/// First guest-physical address that a virtual machine cannot map.
pub const fn vm_top() -> u64 {
    USER_TOP_EVERYWHERE
}
