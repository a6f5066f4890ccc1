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

pub use journal::Journal;
pub use section::{Kept, Section, Stored};

use crate::console::Lines;
use crate::device::pl011::Registers;
use crate::device::vgic::{Inputs, Routing};
use crate::frame::Frame;
use crate::power::Power;
use core::fmt;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First bytes of a state.
const MAGIC: [u8; 8] = *b"LZ-STATE";
/// This layout.
const VERSION: u32 = 1;

/// Start of a state.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    version: u32,
    size: u32,
}

const HEADER: Header = Header { magic: MAGIC, version: VERSION, size: size_of::<State>() as u32 };

/// The state of a VM, in memory that may hold anything.
#[derive(FromBytes, KnownLayout)]
#[repr(C)]
pub struct State {
    header: Header,
    pub(crate) journal: Journal,
    pub(crate) frame: Frame,
    pub(crate) power: Kept<Power>,
    pub(crate) inputs: Kept<Inputs>,
    pub(crate) routing: Kept<Routing>,
    pub(crate) uart: Kept<Registers>,
    pub(crate) console: Kept<Lines>,
}

const _: () = assert!(size_of::<State>() <= 4096, "one page is enough");

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
        Self {
            header: HEADER,
            journal: Journal::new(),
            frame: Frame::new(),
            power: Kept::new(Power::new()),
            inputs: Kept::new(Inputs::new()),
            routing: Kept::new(Routing::new()),
            uart: Kept::new(Registers::new()),
            console: Kept::new(Lines::new()),
        }
    }

    /// Make memory usable: new, or as the VMM before left it at its last commit.
    pub fn find(&mut self) -> Result<Found, Damaged> {
        if self.header.as_bytes().iter().all(|&byte| byte == 0) {
            *self = Self::new();
            return Ok(Found::Fresh);
        }
        if self.header != HEADER {
            return Err(Damaged::Header);
        }
        let epoch = self.journal.epoch();
        let put_back = [
            ("power", self.power.put_back(epoch)),
            ("interrupts", self.inputs.put_back(epoch)),
            ("interrupt routing", self.routing.put_back(epoch)),
            ("UART", self.uart.put_back(epoch)),
            ("console", self.console.put_back(epoch)),
        ];
        match put_back.into_iter().find(|(_, intact)| !intact) {
            Some((name, _)) => Err(Damaged::Section(name)),
            None => Ok(Found::Left),
        }
    }
}

#[cfg(any(test, feature = "fake"))]
impl State {
    /// What can be damaged: the header and the parts that have a checksum. For tests.
    pub const SECTIONS: u8 = 6;

    /// Flips bits of a byte of a section, as a stray write does; `false` past the end of one. For tests.
    pub fn flip(&mut self, section: u8, at: usize, bits: u8) -> bool {
        let bytes = match section % Self::SECTIONS {
            0 => self.power.live_mut().as_mut_bytes(),
            1 => self.inputs.live_mut().as_mut_bytes(),
            2 => self.routing.live_mut().as_mut_bytes(),
            3 => self.uart.live_mut().as_mut_bytes(),
            4 => self.console.live_mut().as_mut_bytes(),
            _ => self.header.as_mut_bytes(),
        };
        bytes.get_mut(at).map(|byte| *byte ^= bits).is_some()
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
