// SPDX-License-Identifier: MIT OR Apache-2.0
//! Read or write, seen from the guest.

/// Which way a trapped access goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// MRS, MRC, MRRC, a load.
    Read,
    /// MSR, MCR, MCRR, a store.
    Write,
}

impl Direction {
    /// ISS bit 0 of coprocessor and system-register accesses: 1 is a read.
    pub(crate) const fn of_iss(iss: u32) -> Self {
        if iss & 1 != 0 { Self::Read } else { Self::Write }
    }

    /// Is it [`Self::Read`]?
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Read)
    }
}
