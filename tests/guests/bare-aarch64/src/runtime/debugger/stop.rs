// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why the debugger has the guest.

use core::fmt;

#[derive(Clone, Copy)]
pub(super) enum Stop {
    /// Somebody typed, or the guest asks itself.
    Asked,
    Breakpoint,
    Step,
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Asked => "Keyboard Entry",
            Self::Breakpoint => "Breakpoint",
            Self::Step => "SS trap",
        })
    }
}
