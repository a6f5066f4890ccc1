// SPDX-License-Identifier: MIT OR Apache-2.0
//! The header and the directory of tables.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First bytes of a specification.
pub const MAGIC: [u8; 8] = *b"LZ-SPEC\0";
/// The layout that this crate reads and writes.
pub const VERSION: u32 = 2;

/// Bits of [`Header::flags`].
pub mod flags {
    /// List every capability before anything starts.
    pub const AUDIT: u32 = 1;
}

/// The tables, in the order of [`Header::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Table {
    /// [`crate::ObjectRun`].
    Objects = 0,
    /// [`crate::Cap`].
    Caps,
    /// [`crate::SchedContext`].
    SchedContexts,
    /// [`crate::Thread`].
    Threads,
    /// [`crate::PageTable`].
    PageTables,
    /// [`crate::Mapping`].
    Mappings,
    /// [`crate::Fill`].
    Fills,
    /// [`crate::Irq`].
    Irqs,
    /// [`crate::Component`].
    Components,
    /// Bytes of NUL-terminated names.
    Names,
    /// Pages of data.
    Data,
    /// The header itself, for errors.
    Header,
}

/// How many entries [`Header::tables`] has.
pub const TABLE_COUNT: usize = Table::Header as usize;

/// Where a table is.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Span {
    /// Bytes from the start of the specification.
    pub offset: u64,
    /// Rows; bytes for names and data.
    pub count: u64,
}

/// Start of a specification.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: u32,
    /// [`flags`].
    pub flags: u32,
    /// Bytes in all.
    pub size: u64,
    /// Endpoint on which the root task hears of faults.
    pub monitor_endpoint: u32,
    /// Its reply object.
    pub monitor_reply: u32,
    /// Where the tables are, by [`Table`].
    pub tables: [Span; TABLE_COUNT],
}
