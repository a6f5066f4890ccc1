// SPDX-License-Identifier: MIT OR Apache-2.0
//! The domain capability. There is one domain, 0.

use super::{Args, InvocationResult};
use crate::cap::Cap;
use crate::error::SyscallError;
use sel4_abi::invocation::Invocation;

pub(super) fn invoke(args: &Args) -> InvocationResult {
    if args.label != Invocation::DomainSetSet.label() {
        return Err(SyscallError::IllegalOperation);
    }
    args.require(1, 0)?;
    if args.word(0) != 0 {
        return Err(SyscallError::InvalidArgument(0));
    }
    match args.cap(0)?.cap() {
        Cap::Thread(_) => Ok(0),
        _ => Err(SyscallError::InvalidArgument(1)),
    }
}
