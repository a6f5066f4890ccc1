// SPDX-License-Identifier: MIT OR Apache-2.0
//! Address spaces and their contents.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A page table to map: every level before the one below it.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PageTable {
    /// An address that it translates.
    pub vaddr: u64,
    /// VSpace.
    pub vspace: u32,
    /// Object.
    pub table: u32,
}

/// Bits of [`Mapping::flags`].
pub mod mapping_flags {
    /// The frames are mapped elsewhere as well: map copies of the capabilities.
    pub const COPY: u8 = 1;
    /// Code: make the instruction side see it.
    pub const UNIFY: u8 = 2;
    /// Private small pages of a component that can be started again: they are what they were at first then.
    pub const FRESH: u8 = 4;
}

/// Consecutive frames at consecutive addresses.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Mapping {
    /// Address of the first.
    pub vaddr: u64,
    /// VSpace.
    pub vspace: u32,
    /// First frame, as a [`crate::Ref`] word.
    pub frame: u32,
    /// How many.
    pub count: u32,
    /// Page size as a power of two.
    pub page_bits: u8,
    /// seL4's rights word: read, write.
    pub rights: u8,
    /// seL4's attributes word.
    pub attributes: u8,
    /// [`mapping_flags`].
    pub flags: u8,
}

/// Where the bytes of a [`Fill`] come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillSource {
    /// The data, at this byte.
    Data(u64),
    /// The extra boot information chunk of this id, from this byte on.
    BootInfo(u32, u64),
    /// Entropy of this owner's own, from this byte on. Without any the frame is left as it is.
    Seed(u32, u64),
}

/// Bytes of entropy that an owner gets.
pub const SEED_LENGTH: usize = 32;

/// Bytes to copy into a frame.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Fill {
    /// First byte in the source.
    pub from: u64,
    /// Frame: an object's number.
    pub frame: u32,
    /// First byte in the frame.
    pub to: u32,
    /// How many.
    pub len: u32,
    /// 0 = the data; with [`Self::SEED`] the owner of a seed; otherwise the id of an extra boot information chunk.
    pub boot_info_id: u32,
}

impl Fill {
    /// Bit of [`Self::boot_info_id`].
    pub const SEED: u32 = 1 << 31;

    /// Where the bytes come from.
    pub const fn source(&self) -> FillSource {
        if self.boot_info_id == 0 {
            FillSource::Data(self.from)
        } else if self.boot_info_id & Self::SEED != 0 {
            FillSource::Seed(self.boot_info_id & !Self::SEED, self.from)
        } else {
            FillSource::BootInfo(self.boot_info_id, self.from)
        }
    }
}
