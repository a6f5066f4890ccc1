// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a VMM that is started again must still know: everything that the guest can see and the kernel does not keep.
//!
//! The state lives in a memory region of its own, which outlives the program. It is not copied there: devices work on
//! it in place, through [`Section`]s. An exit either happens as a whole or not at all (P17):
//!
//! - The first change of a section within an exit keeps the section as it was. Effects on the kernel are such that they
//!   can be done twice: absolute values in registers of a stopped vCPU.
//! - One store commits: the [`Journal`]'s epoch goes on. Only then the guest gets its answer, and the serial driver the
//!   new indices of its rings.
//! - A VMM that starts and finds sections changed but not committed puts them back, and handles the exit from its start:
//!   the kernel still has the fault. If the exit was committed it only answers again. The number of the fault tells
//!   which.
//!
//! An exit that changes no section (most do not) needs no commit and pays nothing.

mod journal;
mod section;
mod sections;

pub use journal::{ExitRecord, Journal};
pub use section::{Content, Section, Stored};
pub use sections::Sections;
pub(crate) use sections::sections;

#[cfg(not(test))]
use crate::vcpu::MAX_VCPUS;
use crate::vm::VmMemory;
use core::fmt;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First bytes of a state.
const MAGIC: [u8; 8] = *b"LZ-STATE";
/// This layout.
const VERSION: u32 = 4;

/// Start of a state.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    version: u32,
    size: u32,
}

const HEADER: Header = Header { magic: MAGIC, version: VERSION, size: size_of::<State>() as u32 };

/// The state of a VM, in memory that may hold anything. It takes as many pages as it needs; the region must have them.
#[derive(FromBytes, KnownLayout)]
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub struct State {
    header: Header,
    pub(crate) journal: Journal,
    pub(crate) vm: VmMemory,
}

/// Descriptions, ours and others', give the state region a page, or two where a VM may have several vCPUs or a debugger.
/// Tests look at more than it may have.
#[cfg(not(test))]
const _: () =
    assert!(size_of::<State>() <= if MAX_VCPUS == 1 && cfg!(not(feature = "debugger")) { 4096 } else { 8192 });

/// What a VMM finds when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Memory that was never used.
    Fresh,
    /// The state of a VMM that is no more; now as it was at its last commit.
    Left,
}

/// Why a state that was left cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damaged {
    /// Of another version or layout, or overwritten.
    Header,
    /// This section's checksum is wrong.
    Section(&'static str),
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => write!(f, "its state region has another layout or was overwritten"),
            Self::Section(name) => write!(f, "its state region is damaged: {name}"),
        }
    }
}

impl State {
    /// The state of a VM that was never started.
    pub fn new() -> Self {
        Self { header: HEADER, journal: Journal::new(), vm: Sections::new() }
    }

    /// Makes memory usable: new, or as the VMM before left it at its last commit.
    pub fn find(&mut self) -> Result<Found, Damaged> {
        if self.header.as_bytes().iter().all(|&byte| byte == 0) {
            *self = Self::new();
            return Ok(Found::Fresh);
        }
        if self.header != HEADER {
            return Err(Damaged::Header);
        }
        self.vm.roll_back(self.journal.epoch())?;
        Ok(Found::Left)
    }
}

#[cfg(any(test, feature = "fake"))]
impl State {
    /// The names of what can be damaged: the parts that have a checksum, and last the header. For tests.
    pub fn section_names(&mut self) -> std::vec::Vec<&'static str> {
        let mut names = std::vec::Vec::new();
        self.vm.visit(&mut |name, _| names.push(name));
        names.push("header");
        names
    }

    /// Flips bits of a byte of a section, as a stray write does; `false` past the end of one. For tests.
    pub fn flip(&mut self, section: usize, at: usize, bits: u8) -> bool {
        let (mut n, mut flipped) = (0, false);
        let mut each = |bytes: &mut [u8]| {
            if n == section
                && let Some(byte) = bytes.get_mut(at)
            {
                *byte ^= bits;
                flipped = true;
            }
            n += 1;
        };
        self.vm.visit(&mut |_, bytes| each(bytes));
        each(self.header.as_mut_bytes());
        flipped
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
