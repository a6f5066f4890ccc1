// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why the system could not be created.

use core::fmt;

use crate::Sum;
use system_spec::SpecError;

/// What failed, on which object, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    pub step: &'static str,
    /// The object's name.
    pub object: &'a str,
    /// The reason.
    pub cause: Cause,
}

/// Why a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The kernel refused.
    Kernel(sel4::Error),
    /// The specification is broken.
    Spec(SpecError),
    /// The packer put no specification into the image.
    NoSpec,
    /// No untyped memory of this size is left.
    OutOfMemory {
        /// Size as a power of two.
        size_bits: usize,
    },
    /// The machine has less memory than the system needs.
    TooLittle(Sum),
    /// No untyped memory covers this address, or something took it before.
    NoMemoryAt {
        /// Physical address.
        paddr: u64,
    },
    /// The root CNode is full.
    OutOfSlots,
    /// The page of the data is not in the image's frames.
    NotInImage,
    /// The kernel gave no such boot information.
    NoBootInfo {
        /// Chunk's id.
        id: u32,
    },
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}': ", self.step, self.object)?;
        match self.cause {
            Cause::Kernel(error) => write!(f, "the kernel says {error:?}"),
            Cause::Spec(error) => write!(f, "{error}"),
            Cause::NoSpec => f.write_str("the image has none"),
            Cause::OutOfMemory { size_bits } => write!(f, "no memory left for an object of 2^{size_bits} bytes"),
            Cause::TooLittle(sum) => write!(f, "{sum}"),
            Cause::NoMemoryAt { paddr } => write!(f, "no free memory at physical address {paddr:#x}"),
            Cause::OutOfSlots => f.write_str("the root CNode is full"),
            Cause::NotInImage => f.write_str("the page is not in this task's image"),
            Cause::NoBootInfo { id } => write!(f, "the kernel gave no boot information chunk {id}"),
        }
    }
}

/// Adds the step and the object to a bare reason.
pub(crate) trait Context<'a, T> {
    fn step(self, step: &'static str, object: &'a str) -> Result<T, Failure<'a>>;
}

impl<'a, T> Context<'a, T> for Result<T, Cause> {
    fn step(self, step: &'static str, object: &'a str) -> Result<T, Failure<'a>> {
        self.map_err(|cause| Failure { step, object, cause })
    }
}

impl<'a, T> Context<'a, T> for sel4::Result<T> {
    fn step(self, step: &'static str, object: &'a str) -> Result<T, Failure<'a>> {
        self.map_err(|error| Failure { step, object, cause: Cause::Kernel(error) })
    }
}
