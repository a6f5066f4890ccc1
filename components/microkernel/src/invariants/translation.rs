// SPDX-License-Identifier: MIT OR Apache-2.0
//! Translation tables: what is allowed of what was granted, and blocks that were split.

use crate::cap::{FrameCap, Mapping};
use crate::kernel::Kernel;
use crate::object::asid;
use crate::object::page_table::{self, PageTable, split};
use crate::object::reference::Ref;

/// Where a frame is mapped as a whole.
pub fn check_frame(kernel: &Kernel, frame: &FrameCap) {
    let Some(mapping) = frame.mapping else { return };
    let Some(root) = asid::find(kernel, mapping.asid) else { return };
    let place = page_table::walk_to(root, mapping.vaddr, frame.size.bits());
    if place.bits_left == frame.size.bits() && place.frame() == Some(frame.paddr) {
        split::check_leaf(place.get());
    }
}

/// A table that a block was split into, where it is mapped.
pub fn check_table(kernel: &Kernel, table: Ref<PageTable>, mapping: Mapping) {
    let place = asid::find(kernel, mapping.asid).and_then(|root| page_table::find(root, table, mapping.vaddr));
    if let Some(place) = place {
        split::check(&place);
    }
}
