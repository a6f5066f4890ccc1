// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errors of invocations.

use core::{fmt, result};

use crate::{Word, sys};

/// An invocation's outcome.
pub type Result<T> = result::Result<T, Error>;

/// Corresponds to `seL4_Error`. Details are in the message registers.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum Error {
    InvalidArgument,
    InvalidCapability,
    IllegalOperation,
    RangeError,
    AlignmentError,
    FailedLookup,
    TruncatedMessage,
    DeleteFirst,
    RevokeFirst,
    NotEnoughMemory,
    /// A label that is no error of the manual's.
    Unknown(Word),
}

impl Error {
    /// The error that a reply's label stands for; 0 is success.
    pub const fn from_label(label: Word) -> Option<Self> {
        use sys::error::Error as Raw;
        if label == 0 {
            return None;
        }
        Some(match Raw::from_label(label) {
            Some(Raw::InvalidArgument) => Self::InvalidArgument,
            Some(Raw::InvalidCapability) => Self::InvalidCapability,
            Some(Raw::IllegalOperation) => Self::IllegalOperation,
            Some(Raw::RangeError) => Self::RangeError,
            Some(Raw::AlignmentError) => Self::AlignmentError,
            Some(Raw::FailedLookup) => Self::FailedLookup,
            Some(Raw::TruncatedMessage) => Self::TruncatedMessage,
            Some(Raw::DeleteFirst) => Self::DeleteFirst,
            Some(Raw::RevokeFirst) => Self::RevokeFirst,
            Some(Raw::NotEnoughMemory) => Self::NotEnoughMemory,
            None => Self::Unknown(label),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seL4_Error: {self:?}")
    }
}

impl core::error::Error for Error {}
