// SPDX-License-Identifier: MIT OR Apache-2.0
//! First contents of frames that are not pages of the image: through a window in this task's own address space.
#![allow(unsafe_code)]

use sel4::init_thread::slot::VSPACE;
use sel4::{VmAttributes, cap};
use system_spec::{Fill, FillSource};

use crate::{Cause, Failure, System, failure::Context, object::PAGE_TABLE, system::cap_at};

/// Where the window is: far from the image, in the first 512 GiB, aligned to a large page.
const WINDOW: usize = 0x10_0000_0000;

impl<'a> System<'a> {
    pub(crate) fn fill_frames(&mut self) -> Result<(), Failure<'a>> {
        self.spec.fills.iter().try_for_each(|fill| self.fill_frame(fill))
    }

    fn fill_frame(&mut self, fill: &Fill) -> Result<(), Failure<'a>> {
        let name = self.spec.object_name(fill.frame);
        let frame: cap::UnspecifiedPage = cap_at(self.slots.object(fill.frame));
        self.open_window(frame, name)?;
        // SAFETY: the window maps this frame alone, for writing, until it is unmapped below; `Spec::parse` has
        // checked that `to + len` lies in the frame, and no piece does more.
        let put = |at: usize, bytes: &[u8]| unsafe {
            let to = core::ptr::with_exposed_provenance_mut::<u8>(WINDOW + fill.to as usize + at);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        };
        self.pieces(fill, put).step("fill", name)?;
        frame.frame_unmap().step("fill", name)
    }

    /// The bytes to copy, piece by piece with their place from the row's first byte on; at most as many as it has room for.
    pub(crate) fn pieces(&self, fill: &Fill, mut put: impl FnMut(usize, &[u8])) -> Result<(), Cause> {
        let len = fill.len as usize;
        match fill.source() {
            FillSource::Data(from) => {
                let data = self.spec.data().get(from as usize..).and_then(|rest| rest.get(..len));
                put(0, data.ok_or(Cause::NotInImage)?);
            }
            FillSource::BootInfo(id, from) => {
                let from = from as usize;
                let rest = self.boot_chunk(id).ok_or(Cause::NoBootInfo { id })?.get(from..).unwrap_or(&[]);
                let bytes = &rest[..rest.len().min(len)];
                // Of the board's seed everybody gets only what is derived for him.
                let range = from..from + bytes.len();
                let hidden = self.seed.as_ref().map_or(range.end..range.end, |seed| seed.part_in(range));
                put(0, &bytes[..hidden.start - from]);
                hidden.clone().for_each(|at| put(at - from, &[0]));
                put(hidden.end - from, &bytes[hidden.end - from..]);
            }
            FillSource::Seed(owner, from) => {
                let seed = self.seed.as_ref().map(|seed| seed.of(owner));
                let part = seed.as_ref().and_then(|seed| seed.get(from as usize..)?.get(..len));
                put(0, part.unwrap_or(&[]));
            }
        }
        Ok(())
    }

    fn boot_chunk(&self, id: u32) -> Option<&'a [u8]> {
        (u64::from(id) == sel4_abi::boot_info::EXTRA_FDT).then(|| device_tree(self.boot_info)).flatten()
    }

    fn open_window(&mut self, frame: cap::UnspecifiedPage, name: &'a str) -> Result<(), Failure<'a>> {
        self.map_here(frame, WINDOW, VmAttributes::DEFAULT, name)
    }

    /// Maps a frame in this task's address space, for reading and writing; makes the page tables that it lacks.
    pub(crate) fn map_here(
        &mut self,
        frame: cap::UnspecifiedPage,
        vaddr: usize,
        attributes: VmAttributes,
        name: &'a str,
    ) -> Result<(), Failure<'a>> {
        loop {
            match frame.frame_map(VSPACE.cap(), vaddr, sel4::CapRights::read_write(), attributes) {
                Err(sel4::Error::FailedLookup) => {
                    let table: cap::PT = cap_at(self.create_extra(PAGE_TABLE, "window")?);
                    table.pt_map(VSPACE.cap(), vaddr, VmAttributes::DEFAULT).step("map a page table for", name)?;
                }
                other => return other.step("map a frame of", name),
            }
        }
    }
}

/// The board's device tree, with the chunk's header.
pub(crate) fn device_tree(boot_info: &sel4::BootInfoPtr) -> Option<&[u8]> {
    let chunk = boot_info.extra().find(|chunk| chunk.id == sel4::BootInfoExtraId::Fdt)?;
    Some(chunk.content_with_header)
}
