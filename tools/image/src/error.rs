// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why an image cannot be packed.

use microkernel::payload::PayloadError;

/// Why an image cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file is not an AArch64 ELF executable.
    #[error("the {what} is not an AArch64 ELF executable: {reason}")]
    Elf {
        /// `kernel` or `root task`.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The kernel's first bytes are not an arm64 Image header.
    #[error("the kernel does not start with an arm64 Image header")]
    NoImageHeader,
    /// The root task has no place for the address of the spec.
    #[error("the root task has no symbol LAZARET_SPEC of 16 bytes, so it cannot be given a system")]
    NoSpecSymbol,
    /// The kernel would not start it.
    #[error("the kernel would not start the root task: {0:?}")]
    Payload(PayloadError),
    /// The loader would not start an installed seL4.
    #[error("the loader would not start this seL4: {0:?}")]
    Sel4Payload(sel4_loader::payload::PayloadError),
}
