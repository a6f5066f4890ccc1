// SPDX-License-Identifier: MIT OR Apache-2.0
//! Private memory of components that can be started again. It stays mapped in this task's address space as well, so that
//! putting back what it held at first needs no system call and cannot fail.
#![allow(unsafe_code)]

use sel4::{VmAttributes, cap};
use system_spec::{Component, Mapping, PAGE_SIZE, Ref, mapping_flags};

use crate::{
    Failure, System,
    failure::Context,
    slots::slot_of,
    system::{cap_at, path},
};

/// Where the first page is seen: far from the image and from the window of [`crate::fill`], in the first 512 GiB.
const WINDOW: usize = 0x20_0000_0000;

impl<'a> System<'a> {
    /// Maps all of it; before the threads start.
    pub(crate) fn watch_fresh_frames(&mut self) -> Result<(), Failure<'a>> {
        for (mapping, first) in fresh(self.spec.mappings) {
            let name = self.spec.object_name(mapping.vspace);
            let Some(frame) = Ref::from_word(mapping.frame) else { continue };
            for n in 0..mapping.count {
                let copy = self.slots.take().step("watch a frame of", name)?;
                let slot = slot_of(&self.slots, &self.image, frame.plus(n));
                path(copy).copy(&path(slot), sel4::CapRights::all()).step("copy a frame of", name)?;
                let page: cap::UnspecifiedPage = cap_at(copy);
                let attributes = VmAttributes::DEFAULT | VmAttributes::EXECUTE_NEVER;
                self.map_here(page, WINDOW + (first + n as usize) * PAGE_SIZE, attributes, name)?;
            }
        }
        Ok(())
    }

    /// Everything private of a stopped component as it was at first.
    pub(crate) fn freshen(&self, vspace: u32) {
        for (mapping, first) in fresh(self.spec.mappings).filter(|(mapping, _)| mapping.vspace == vspace) {
            let Some(Ref::Object(frame)) = Ref::from_word(mapping.frame) else { continue };
            let bytes = mapping.count as usize * PAGE_SIZE;
            // SAFETY: `watch_fresh_frames` has mapped this range for writing; the component that has these frames is
            // stopped, and this task has no references into them.
            unsafe { core::ptr::write_bytes(window(first), 0, bytes) };
            for fill in self.spec.fills.iter().filter(|fill| (frame..frame + mapping.count).contains(&fill.frame)) {
                let page = first + (fill.frame - frame) as usize;
                // SAFETY: as above; `Spec::parse` has checked that `to + len` lies in the frame, and no piece does more.
                let put = |at: usize, bytes: &[u8]| unsafe {
                    let to = window(page).add(fill.to as usize + at);
                    core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
                };
                // What failed would have failed before the threads started.
                let _ = self.pieces(fill, put);
            }
        }
    }

    /// A word of a component's private memory.
    pub(crate) fn peek(&self, vspace: u32, vaddr: u64) -> Option<u64> {
        let (mapping, first) = fresh(self.spec.mappings).find(|(mapping, _)| {
            let end = mapping.vaddr + u64::from(mapping.count) * PAGE_SIZE as u64;
            mapping.vspace == vspace && (mapping.vaddr..end).contains(&vaddr)
        })?;
        let at = window(first).wrapping_add((vaddr - mapping.vaddr) as usize);
        // SAFETY: inside the range that `watch_fresh_frames` has mapped, and aligned.
        vaddr.is_multiple_of(8).then(|| unsafe { core::ptr::read_volatile(at.cast::<u64>()) })
    }

    /// Is there a program's code at this address?
    pub(crate) fn is_code(&self, component: &Component, vaddr: u64) -> bool {
        let Some(thread) = self.thread_of(component) else { return false };
        let never = sel4_abi::object::vm_attributes::EXECUTE_NEVER;
        self.spec.mappings.iter().any(|mapping| {
            let end = mapping.vaddr + (u64::from(mapping.count) << mapping.page_bits);
            let executable = u64::from(mapping.attributes) & never == 0;
            mapping.vspace == thread.vspace && executable && (mapping.vaddr..end).contains(&vaddr)
        })
    }
}

/// Private mappings, with the page of the window that shows the first of each.
fn fresh(mappings: &[Mapping]) -> impl Iterator<Item = (&Mapping, usize)> {
    let fresh = mappings.iter().filter(|mapping| mapping.flags & mapping_flags::FRESH != 0);
    fresh.scan(0, |next, mapping| {
        let first = *next;
        *next += mapping.count as usize;
        Some((mapping, first))
    })
}

fn window(page: usize) -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(WINDOW + page * PAGE_SIZE)
}
