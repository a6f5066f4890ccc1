// SPDX-License-Identifier: MIT OR Apache-2.0
//! Page tables and frames in address spaces.

use sel4::{VmAttributes, cap};
use sel4_abi::invocation::Invocation;
use sel4_vcpu_debug::raw::invoke;
use system_spec::{Mapping, PAGE_SIZE, Ref, mapping_flags};

use crate::{
    Failure, System,
    failure::Context,
    slots::slot_of,
    system::{cap_at, path, rights},
};

impl<'a> System<'a> {
    /// The specification has a table for each of four levels. A core with 40-bit physical addresses has three, and
    /// takes the tables for the levels that it has; one that finds all levels there stays unused.
    pub(crate) fn map_page_tables(&self) -> Result<(), Failure<'a>> {
        for row in self.spec.page_tables {
            let table: cap::PT = self.object(row.table);
            match table.pt_map(self.object(row.vspace), row.vaddr as usize, VmAttributes::DEFAULT) {
                Ok(()) | Err(sel4::Error::DeleteFirst) => {}
                error => error.step("map a page table of", self.spec.object_name(row.vspace))?,
            }
        }
        Ok(())
    }

    pub(crate) fn map_frames(&mut self) -> Result<(), Failure<'a>> {
        self.spec.mappings.iter().try_for_each(|mapping| self.map_run(mapping))
    }

    fn map_run(&mut self, mapping: &Mapping) -> Result<(), Failure<'a>> {
        let name = self.spec.object_name(mapping.vspace);
        let Some(first) = Ref::from_word(mapping.frame) else { return Ok(()) };
        let vspace: cap::VSpace = self.object(mapping.vspace);
        let attributes = attributes(mapping.attributes);
        for n in 0..mapping.count {
            let mut slot = slot_of(&self.slots, &self.image, first.plus(n));
            if mapping.flags & mapping_flags::COPY != 0 {
                let copy = self.slots.take().step("map a frame into", name)?;
                path(copy).copy(&path(slot), sel4::CapRights::all()).step("copy a frame of", name)?;
                slot = copy;
            }
            let frame: cap::UnspecifiedPage = cap_at(slot);
            let vaddr = mapping.vaddr as usize + ((n as usize) << mapping.page_bits);
            frame.frame_map(vspace, vaddr, rights(mapping.rights), attributes).step("map a frame into", name)?;
            if mapping.flags & mapping_flags::UNIFY != 0 {
                invoke(frame, Invocation::PageUnifyInstruction.label(), &[0, PAGE_SIZE as u64], &[])
                    .step("make code visible in", name)?;
            }
        }
        Ok(())
    }
}

fn attributes(word: u8) -> VmAttributes {
    use sel4_abi::object::vm_attributes as bit;
    let known = [
        (bit::PAGE_CACHEABLE, VmAttributes::PAGE_CACHEABLE),
        (bit::PARITY_ENABLED, VmAttributes::PARITY_ENABLED),
        (bit::EXECUTE_NEVER, VmAttributes::EXECUTE_NEVER),
    ];
    let set = known.into_iter().filter(|(bit, _)| u64::from(word) & bit != 0);
    set.fold(VmAttributes::NONE, |all, (_, attribute)| all | attribute)
}
