// SPDX-License-Identifier: MIT OR Apache-2.0
//! Translation tables.

use core::cell::Cell;

/// A translation table of any level.
#[repr(C, align(4096))]
pub struct PageTable {
    /// Descriptors.
    pub entries: [Cell<u64>; 512],
}
