// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many breakpoints and watchpoints there are.

/// The architecture's limit (without FEAT_Debugv8p9's banks).
pub const MAX_PER_KIND: usize = 16;

/// Real counts, not minus one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    breakpoints: u8,
    watchpoints: u8,
    contexts: u8,
}

/// Whether the performance monitors' registers are there, by `ID_AA64DFR0_EL1.PMUVer`; without them an access is
/// undefined at EL2 too. Arm ARM, ID_AA64DFR0_EL1: 0 is none, 15 something else than PMUv3.
pub const fn has_pmu(id_aa64dfr0: u64) -> bool {
    !matches!(nibble(id_aa64dfr0, 8), 0 | 15)
}

impl Counts {
    /// None at all.
    pub const NONE: Self = Self { breakpoints: 0, watchpoints: 0, contexts: 0 };

    /// Counts cut to what the architecture allows; the context-aware breakpoints are among the breakpoints.
    pub const fn new(breakpoints: u8, watchpoints: u8, contexts: u8) -> Self {
        let breakpoints = least(breakpoints, MAX_PER_KIND as u8);
        Self {
            breakpoints,
            watchpoints: least(watchpoints, MAX_PER_KIND as u8),
            contexts: least(contexts, breakpoints),
        }
    }

    /// From the fields BRPs, WRPs and CTX_CMPs, each of which says one less.
    pub const fn from_id_aa64dfr0(value: u64) -> Self {
        Self::new(nibble(value, 12) + 1, nibble(value, 20) + 1, nibble(value, 28) + 1)
    }

    /// Breakpoints.
    pub const fn breakpoints(self) -> u8 {
        self.breakpoints
    }

    /// Watchpoints.
    pub const fn watchpoints(self) -> u8 {
        self.watchpoints
    }

    /// Context-aware breakpoints: the highest-numbered ones.
    pub const fn contexts(self) -> u8 {
        self.contexts
    }

    /// Can breakpoint `n` compare a context?
    pub const fn is_context_aware(self, n: u8) -> bool {
        n < self.breakpoints && n >= self.breakpoints - self.contexts
    }

    /// As `DebugStatus::Counts` gives them.
    pub const fn to_word(self) -> u64 {
        self.breakpoints as u64 | (self.watchpoints as u64) << 8 | (self.contexts as u64) << 16
    }
}

const fn least(a: u8, b: u8) -> u8 {
    if a < b { a } else { b }
}

const fn nibble(value: u64, at: u32) -> u8 {
    ((value >> at) & 0xf) as u8
}
