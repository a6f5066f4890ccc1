// SPDX-License-Identifier: MIT OR Apache-2.0
//! ASIDs.

use crate::object::page_table::PageTable;
use crate::object::reference::Ref;
use core::cell::Cell;

/// 512 VSpaces by ASID.
#[repr(C, align(4096))]
pub struct AsidPool {
    /// VSpaces.
    pub entries: [Cell<Option<Ref<PageTable>>>; 512],
}
