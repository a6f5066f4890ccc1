// SPDX-License-Identifier: MIT OR Apache-2.0
//! Capabilities to put into CNodes.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One filled slot.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Cap {
    /// Badge of an endpoint or notification, guard word of a CNode; 0 = none.
    pub data: u64,
    /// CNode that gets it.
    pub cnode: u32,
    /// Its slot.
    pub slot: u32,
    /// Object that it is to.
    pub object: u32,
    /// seL4's rights word.
    pub rights: u8,
    /// Zero.
    pub reserved: [u8; 3],
}
