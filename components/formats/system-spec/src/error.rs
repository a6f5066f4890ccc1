// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a specification.

use crate::header::Table;

/// Why bytes are not a specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Fewer bytes than a header, or than the header says.
    #[error("cut short: {have} of {need} bytes")]
    TooShort {
        /// Bytes needed.
        need: u64,
        /// Bytes there.
        have: u64,
    },
    /// Not aligned to 8 bytes in memory.
    #[error("not aligned to 8 bytes")]
    Misaligned,
    /// Not ours.
    #[error("no system specification (wrong magic)")]
    Magic,
    /// Another version than this reader's.
    #[error("version {0} of the system specification is not supported")]
    Version(u32),
    /// A table or the data lies outside, or is misaligned.
    #[error("{0:?}: table out of bounds")]
    Bounds(Table),
    /// A row says something that cannot be.
    #[error("{table:?}[{row}]: bad {field}")]
    Row {
        /// The table.
        table: Table,
        /// The row.
        row: u32,
        /// The field.
        field: &'static str,
    },
}
