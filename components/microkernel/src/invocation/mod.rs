// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations: messages that the kernel answers itself, and how it answers them.

pub mod args;
mod error;

pub use args::Args;
pub use error::SyscallError;

/// What an invocation answers: the number of words that it put with [`Args::answer`], or why not.
pub type Answer = Result<usize, SyscallError>;
