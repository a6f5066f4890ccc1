// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the packer appends to the kernel: one page that starts with [`BootPayload`], then the root task's memory.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First bytes of the payload.
pub const MAGIC: [u8; 8] = *b"LAZARET\0";
/// Layout of [`BootPayload`].
pub const VERSION: u32 = 1;
/// The payload and everything in it start at a multiple of this; the root task's image follows one page later.
pub const ALIGN: u64 = 4096;
/// The kernel's image starts this far above the base of RAM (the arm64 Image header's `text_offset`).
pub const TEXT_OFFSET: u64 = 0x20_0000;
/// Where the arm64 Image header keeps the size that the packer patches (u64, little endian).
pub const IMAGE_SIZE_FIELD: usize = 16;

/// Head of the payload, at the kernel's `__kernel_end`.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct BootPayload {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: u32,
    /// Zero.
    pub flags: u32,
    /// Bytes of the root task's memory, a multiple of [`ALIGN`].
    pub image_size: u64,
    /// Virtual address of its first byte, a multiple of [`ALIGN`].
    pub image_vaddr: u64,
    /// First instruction.
    pub entry: u64,
}

/// Why a payload cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// No [`MAGIC`]: nothing was appended to the kernel.
    Missing,
    /// Not [`VERSION`].
    Version,
    /// Size or address is not a multiple of [`ALIGN`], or the image is empty.
    Alignment,
    /// The image leaves user space, or the entry is not in it.
    Range,
}

impl BootPayload {
    /// Head for an image.
    pub const fn new(image_size: u64, image_vaddr: u64, entry: u64) -> Self {
        Self { magic: MAGIC, version: VERSION, flags: 0, image_size, image_vaddr, entry }
    }

    /// Checks everything that the kernel relies on; `user_top` is the first address above user space.
    pub fn check(&self, user_top: u64) -> Result<(), PayloadError> {
        if self.magic != MAGIC {
            return Err(PayloadError::Missing);
        }
        if self.version != VERSION {
            return Err(PayloadError::Version);
        }
        if self.image_size == 0 || !(self.image_size | self.image_vaddr).is_multiple_of(ALIGN) {
            return Err(PayloadError::Alignment);
        }
        match self.image_vaddr.checked_add(self.image_size) {
            Some(end) if end <= user_top && (self.image_vaddr..end).contains(&self.entry) => Ok(()),
            _ => Err(PayloadError::Range),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_fixed() {
        let bytes = BootPayload::new(0x1000, 0x40_0000, 0x40_0040);
        let bytes = bytes.as_bytes();
        assert_eq!(bytes.len(), 40);
        assert_eq!(&bytes[..12], b"LAZARET\0\x01\0\0\0");
        assert_eq!(bytes[32..40], 0x40_0040u64.to_le_bytes());
    }

    #[test]
    fn refuses_what_it_cannot_start() {
        let top = 1 << 44;
        assert_eq!(BootPayload::new(0x1000, 0x40_0000, 0x40_0000).check(top), Ok(()));
        assert_eq!(BootPayload::new(0, 0x40_0000, 0x40_0000).check(top), Err(PayloadError::Alignment));
        assert_eq!(BootPayload::new(0x1000, 0x40_0800, 0x40_0800).check(top), Err(PayloadError::Alignment));
        assert_eq!(BootPayload::new(0x1000, 0x40_0000, 0x40_1000).check(top), Err(PayloadError::Range));
        assert_eq!(BootPayload::new(0x1000, top, top).check(top), Err(PayloadError::Range));
        assert_eq!(BootPayload::new(!4095, 0x40_0000, 0x40_0000).check(top), Err(PayloadError::Range));
        let mut other = BootPayload::new(0x1000, 0x40_0000, 0x40_0000);
        other.magic[0] = 0;
        assert_eq!(other.check(top), Err(PayloadError::Missing));
    }
}
