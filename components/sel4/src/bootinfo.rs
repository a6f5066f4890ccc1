// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel tells the root task.
#![allow(unsafe_code)]

use core::{
    mem::size_of,
    ops::{Deref, Range},
    slice,
};

use zerocopy::FromBytes;

use crate::{FrameObjectType, IpcBuffer, cap_type, init_thread::SlotRegion, sys::boot_info as raw};

/// The BootInfo frame and the frames behind it.
#[derive(Debug)]
pub struct BootInfoPtr {
    ptr: *const BootInfo,
}

const EXTRA_OFFSET: usize = FrameObjectType::GRANULE.bytes();

impl BootInfoPtr {
    /// The frames at `ptr`.
    ///
    /// # Safety
    /// `ptr` is what the kernel gave the root task, and nothing writes there.
    pub unsafe fn new(ptr: *const BootInfo) -> Self {
        assert_eq!(ptr.addr() % EXTRA_OFFSET, 0);
        Self { ptr }
    }

    /// The address.
    pub fn ptr(&self) -> *const BootInfo {
        self.ptr
    }

    fn extra_slice(&self) -> &[u8] {
        // SAFETY: the kernel maps `extra_len` bytes on the pages after BootInfo's.
        unsafe { slice::from_raw_parts(self.ptr.cast::<u8>().add(EXTRA_OFFSET), self.extra_len()) }
    }

    /// The extra chunks, such as the device tree.
    pub fn extra(&self) -> BootInfoExtraIter<'_> {
        BootInfoExtraIter { rest: self.extra_slice() }
    }

    /// Bytes of everything.
    pub fn footprint_size(&self) -> usize {
        EXTRA_OFFSET + self.extra_len()
    }
}

impl Deref for BootInfoPtr {
    type Target = BootInfo;

    fn deref(&self) -> &BootInfo {
        // SAFETY: the promise made to `new`.
        unsafe { &*self.ptr }
    }
}

/// Corresponds to `seL4_BootInfo`.
#[repr(transparent)]
#[derive(Debug)]
pub struct BootInfo(raw::BootInfo);

impl BootInfo {
    /// The layout that the kernel writes.
    pub const fn inner(&self) -> &raw::BootInfo {
        &self.0
    }

    fn extra_len(&self) -> usize {
        self.0.extra_len as usize
    }

    /// Address of the initial thread's IPC buffer.
    pub fn ipc_buffer(&self) -> *mut IpcBuffer {
        self.0.ipc_buffer as *mut IpcBuffer
    }

    /// Slots that hold nothing.
    pub fn empty(&self) -> SlotRegion<cap_type::Null> {
        SlotRegion::from_sys(self.0.empty)
    }

    /// Frames of the root task's image.
    pub fn user_image_frames(&self) -> SlotRegion<cap_type::Granule> {
        SlotRegion::from_sys(self.0.user_image_frames)
    }

    /// One for each core.
    pub fn sched_control(&self) -> SlotRegion<cap_type::SchedControl> {
        SlotRegion::from_sys(self.0.sched_control)
    }

    /// Untypeds, in the order of the list.
    pub fn untyped(&self) -> SlotRegion<cap_type::Untyped> {
        SlotRegion::from_sys(self.0.untyped)
    }

    /// Size of the root CNode as a power of two of slots.
    pub fn init_thread_cnode_size_bits(&self) -> usize {
        self.0.init_thread_cnode_size_bits as usize
    }

    /// What the Untypeds are.
    pub fn untyped_list(&self) -> &[UntypedDesc] {
        let inner = &self.0.untyped_list[..self.untyped().len()];
        // SAFETY: `UntypedDesc` is transparent.
        unsafe { slice::from_raw_parts(inner.as_ptr().cast(), inner.len()) }
    }

    fn first_kernel_untyped(&self) -> usize {
        self.untyped_list().partition_point(UntypedDesc::is_device)
    }

    /// Positions of the device Untypeds.
    pub fn device_untyped_range(&self) -> Range<usize> {
        0..self.first_kernel_untyped()
    }

    /// Positions of the others.
    pub fn kernel_untyped_range(&self) -> Range<usize> {
        self.first_kernel_untyped()..self.untyped_list().len()
    }
}

/// Corresponds to `seL4_UntypedDesc`.
#[repr(transparent)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntypedDesc(raw::UntypedDesc);

impl UntypedDesc {
    /// Physical address.
    pub fn paddr(&self) -> usize {
        self.0.paddr as usize
    }

    /// Size as a power of two.
    pub fn size_bits(&self) -> usize {
        self.0.size_bits.into()
    }

    /// Whether it is no memory.
    pub fn is_device(&self) -> bool {
        self.0.is_device != 0
    }
}

/// An extra chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootInfoExtra<'a> {
    /// What it is.
    pub id: BootInfoExtraId,
    /// The chunk with its header.
    pub content_with_header: &'a [u8],
}

impl<'a> BootInfoExtra<'a> {
    /// The chunk with its header.
    pub fn content_with_header(&self) -> &'a [u8] {
        self.content_with_header
    }

    /// The chunk without its header.
    pub fn content(&self) -> &'a [u8] {
        &self.content_with_header[size_of::<raw::ExtraHeader>()..]
    }
}

/// Kinds of extra chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootInfoExtraId {
    /// Nothing.
    Padding,
    /// A flattened device tree.
    Fdt,
}

/// Iterates over the chunks of a known kind.
pub struct BootInfoExtraIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for BootInfoExtraIter<'a> {
    type Item = BootInfoExtra<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (header, _) = raw::ExtraHeader::read_from_prefix(self.rest).ok()?;
            let length = header.len as usize;
            if length < size_of::<raw::ExtraHeader>() {
                return None;
            }
            let (chunk, rest) = self.rest.split_at_checked(length)?;
            self.rest = rest;
            let id = match header.id {
                0 => BootInfoExtraId::Padding,
                raw::EXTRA_FDT => BootInfoExtraId::Fdt,
                _ => continue,
            };
            return Some(BootInfoExtra { id, content_with_header: chunk });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BootInfoExtraId, BootInfoExtraIter};

    #[test]
    fn chunks_of_any_length_end_the_walk() {
        let mut bytes = std::vec::Vec::new();
        for (id, length) in [(3u64, 16u64), (6, 20), (0, 1)] {
            bytes.extend(id.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            bytes.extend(std::vec![0xd0; (length as usize).saturating_sub(16)]);
        }
        let found: std::vec::Vec<_> = BootInfoExtraIter { rest: &bytes }.collect();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].id, found[0].content()), (BootInfoExtraId::Fdt, [0xd0; 4].as_slice()));
    }
}
