// SPDX-License-Identifier: MIT OR Apache-2.0
//! Microkit's numbers: what a description may ask for, and where a program's own pages lie.

use std::fs::File;
use std::io::Read;
use std::path::Path;

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

/// The largest description, in bytes: hundreds of times a large one.
pub const MAX_DESCRIPTION: u64 = 16 << 20;
/// Elements, texts and comments of a description. Some checks compare each of a kind with each.
pub const MAX_NODES: u32 = 1 << 15;
/// The largest program file, with its names and line numbers.
pub const MAX_PROGRAM_FILE: u64 = 256 << 20;
/// The most memory that one program's segments may take.
pub const MAX_PROGRAM: u64 = 256 << 20;
/// Loadable segments of a program.
pub const MAX_SEGMENTS: usize = 64;

/// A whole file, unless it is so large that it cannot be meant.
pub fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.len() as u64 > most => Err(format!("is larger than {} MiB", most >> 20)),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// Where a protection domain's own pages begin, which it cannot map over: its stack, a guard page and its IPC buffer are above.
pub const fn pd_top(stack_size: u64) -> u64 {
    USER_TOP_EVERYWHERE - 2 * PAGE - stack_size
}

/// Where a protection domain can map again: its IPC buffer ends there.
pub const PD_UPPER: u64 = USER_TOP_EVERYWHERE;
