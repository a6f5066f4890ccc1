// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Microkit's tool decides and no program can see, beside `microkit_abi`, which its programs rely on.

/// The CNode of a vCPU, with nothing in it: the smallest.
pub const VCPU_CNODE_BITS: u8 = 1;
/// Scheduling contexts have 8 refills beyond two, as Microkit's have 256 bytes for them.
pub const SCHED_CONTEXT_BITS: u8 = 8;

/// Badge of the scheduling context of the first domain or vCPU.
pub const SCHED_CONTEXT_BADGE: u64 = 0x100;

/// Guard that fills a CPtr of 64 bits up: seL4's CNode data word.
pub const fn guard_for(radix_bits: u8) -> u64 {
    64 - radix_bits as u64
}
