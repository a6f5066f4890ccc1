// SPDX-License-Identifier: MIT OR Apache-2.0
//! Results of invocations: the label of the reply to a Call.

/// Why an invocation was refused. Corresponds to `seL4_Error`; success is label 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Error {
    /// MR0 = number of the argument.
    InvalidArgument = 1,
    /// MR0 = number of the capability: 0 the service, then the extra ones.
    InvalidCapability = 2,
    /// Not now, or not on this object.
    IllegalOperation = 3,
    /// MR0 = least, MR1 = greatest value.
    RangeError = 4,
    /// An address is not aligned.
    AlignmentError = 5,
    /// MR0 = 1 for the source, MR1 = [`LookupFailure`] number, then its words.
    FailedLookup = 6,
    /// Too few words or capabilities in the message.
    TruncatedMessage = 7,
    /// Something is in the way.
    DeleteFirst = 8,
    /// Something was derived from it.
    RevokeFirst = 9,
    /// MR0 = bytes left.
    NotEnoughMemory = 10,
}

impl Error {
    /// The error of a label other than 0.
    pub const fn from_label(label: u64) -> Option<Self> {
        Some(match label {
            1 => Self::InvalidArgument,
            2 => Self::InvalidCapability,
            3 => Self::IllegalOperation,
            4 => Self::RangeError,
            5 => Self::AlignmentError,
            6 => Self::FailedLookup,
            7 => Self::TruncatedMessage,
            8 => Self::DeleteFirst,
            9 => Self::RevokeFirst,
            10 => Self::NotEnoughMemory,
            _ => return None,
        })
    }
}

/// Why a capability pointer led nowhere. Corresponds to `seL4_LookupFailureType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum LookupFailure {
    /// The root is not a CNode.
    InvalidRoot = 1,
    /// An empty slot. Word: bits left.
    MissingCapability = 2,
    /// Words: bits left, bits found.
    DepthMismatch = 3,
    /// Words: bits left, guard found, guard's size.
    GuardMismatch = 4,
}
