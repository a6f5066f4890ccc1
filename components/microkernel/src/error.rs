// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why an invocation is refused, with the words that go with it.

use crate::cspace::LookupFailure;
use sel4_abi::error::Error;

/// A refusal. Corresponds to `seL4_Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyscallError {
    /// The argument with this number.
    InvalidArgument(u64),
    /// The capability with this number: 0 the service, then the extra ones.
    InvalidCapability(u64),
    /// Not now, or not on this object, or not here.
    IllegalOperation,
    /// Least and greatest value.
    RangeError(u64, u64),
    /// An address is not aligned.
    AlignmentError,
    /// A CPtr argument led nowhere.
    FailedLookup {
        /// It was the source's.
        source: bool,
        /// Why.
        failure: LookupFailure,
    },
    /// Too few words or capabilities.
    TruncatedMessage,
    /// Something is in the way.
    DeleteFirst,
    /// Something was derived from it.
    RevokeFirst,
    /// Bytes left.
    NotEnoughMemory(u64),
    /// No answer: the system call starts again when the thread runs next.
    Preempted,
}

impl SyscallError {
    /// Label of the answer.
    pub fn label(self) -> u64 {
        let error = match self {
            Self::InvalidArgument(_) => Error::InvalidArgument,
            Self::InvalidCapability(_) => Error::InvalidCapability,
            Self::IllegalOperation | Self::Preempted => Error::IllegalOperation,
            Self::RangeError(..) => Error::RangeError,
            Self::AlignmentError => Error::AlignmentError,
            Self::FailedLookup { .. } => Error::FailedLookup,
            Self::TruncatedMessage => Error::TruncatedMessage,
            Self::DeleteFirst => Error::DeleteFirst,
            Self::RevokeFirst => Error::RevokeFirst,
            Self::NotEnoughMemory(_) => Error::NotEnoughMemory,
        };
        error as u64
    }

    /// Words of the answer, and how many of the five there are.
    pub fn words(self) -> ([u64; 5], usize) {
        match self {
            Self::InvalidArgument(word) | Self::InvalidCapability(word) | Self::NotEnoughMemory(word) => {
                ([word, 0, 0, 0, 0], 1)
            }
            Self::RangeError(least, greatest) => ([least, greatest, 0, 0, 0], 2),
            Self::FailedLookup { source, failure } => {
                let ([kind, a, b, c], count) = failure.words();
                ([source as u64, kind, a, b, c], count + 1)
            }
            _ => ([0; 5], 0),
        }
    }
}
