// SPDX-License-Identifier: MIT OR Apache-2.0
//! CSpace addressing: from a capability pointer to a slot.

/// Why a capability pointer led nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum LookupFailure {
    /// The root is no CNode.
    InvalidRoot,
    /// The slot is empty.
    MissingCapability {
        /// Bits not resolved.
        bits_left: u64,
    },
    /// Too few or too many bits.
    DepthMismatch {
        /// Bits not resolved.
        bits_left: u64,
        /// Bits that the CNode resolves.
        bits_found: u64,
    },
    /// The guard differs.
    GuardMismatch {
        /// Bits not resolved.
        bits_left: u64,
        /// The CNode's guard.
        guard: u64,
        /// Its size.
        bits_found: u64,
    },
}
