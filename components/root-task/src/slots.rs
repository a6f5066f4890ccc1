// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where in the root CNode things are.

use core::ops::Range;

use system_spec::{PAGE_SIZE, Ref, Spec};

use crate::Cause;

/// Slots of the root CNode: one for passing things through, the objects by number, then what else is needed.
#[derive(Clone, Debug)]
pub struct Slots {
    scratch: usize,
    objects: Range<usize>,
    free: Range<usize>,
}

impl Slots {
    /// Divides the empty slots.
    pub fn new(empty: Range<usize>, objects: u32) -> Result<Self, Cause> {
        let first = empty.start + 1;
        let after = first + objects as usize;
        if after > empty.end {
            return Err(Cause::OutOfSlots);
        }
        Ok(Self { scratch: empty.start, objects: first..after, free: after..empty.end })
    }

    /// The slot that is empty between steps.
    pub fn scratch(&self) -> usize {
        self.scratch
    }

    /// Slot of an object.
    pub fn object(&self, number: u32) -> usize {
        self.objects.start + number as usize
    }

    /// A slot for good.
    pub fn take(&mut self) -> Result<usize, Cause> {
        self.free.next().ok_or(Cause::OutOfSlots)
    }
}

/// The frames that this task's image lies in, by the addresses that they are mapped at.
#[derive(Clone, Debug)]
pub struct Image {
    frames: Range<usize>,
    data_page: usize,
}

impl Image {
    /// The image ends where the IPC buffer begins, as in every seL4 boot; `data` is in the image.
    pub fn new(frames: Range<usize>, ipc_buffer: usize, spec_vaddr: usize, spec: &Spec<'_>) -> Result<Self, Cause> {
        let start = ipc_buffer.checked_sub(frames.len() * PAGE_SIZE).ok_or(Cause::NotInImage)?;
        let data = spec_vaddr + spec.data_offset() as usize;
        let data_page = data.checked_sub(start).ok_or(Cause::NotInImage)? / PAGE_SIZE;
        if !data.is_multiple_of(PAGE_SIZE) || data_page + spec.data().len() / PAGE_SIZE > frames.len() {
            return Err(Cause::NotInImage);
        }
        Ok(Self { frames, data_page })
    }

    /// Slot of the frame of a page of the data.
    pub fn data(&self, page: u32) -> usize {
        self.frames.start + self.data_page + page as usize
    }
}

/// Slot of what a row refers to.
pub fn slot_of(slots: &Slots, image: &Image, reference: Ref) -> usize {
    match reference {
        Ref::Object(number) => slots.object(number),
        Ref::Data(page) => image.data(page),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_run_out_without_a_panic() {
        let mut slots = Slots::new(10..14, 2).unwrap();
        assert_eq!((slots.scratch(), slots.object(0), slots.object(1)), (10, 11, 12));
        assert_eq!(slots.take(), Ok(13));
        assert_eq!(slots.take(), Err(Cause::OutOfSlots));
        assert!(Slots::new(10..12, 2).is_err());
    }
}
