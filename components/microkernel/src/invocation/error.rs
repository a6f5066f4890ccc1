// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why an invocation is refused, with the words that go with it.

use crate::cspace::LookupFailure;

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
