// SPDX-License-Identifier: MIT OR Apache-2.0
//! Capabilities in CNodes.

use system_spec::Cap;

use crate::{
    Failure, System,
    failure::Context,
    system::{path, path_in, rights},
};

impl<'a> System<'a> {
    pub(crate) fn fill_cnodes(&self) -> Result<(), Failure<'a>> {
        self.spec
            .caps
            .iter()
            .try_for_each(|cap| self.fill_slot(cap).step("fill a slot of", self.spec.object_name(cap.cnode)))
    }

    fn fill_slot(&self, cap: &Cap) -> sel4::Result<()> {
        let size_bits = self.spec.run_of(cap.cnode).map_or(0, |run| run.size_bits);
        let to = path_in(self.object(cap.cnode), cap.slot, size_bits);
        let from = path(self.slots.object(cap.object));
        if cap.data == 0 { to.copy(&from, rights(cap.rights)) } else { to.mint(&from, rights(cap.rights), cap.data) }
    }
}
