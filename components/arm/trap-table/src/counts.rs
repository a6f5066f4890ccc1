// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much of each kind the vCPU has.

/// Real counts, not minus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Breakpoints, 0 to 16.
    pub breakpoints: u8,
    /// Watchpoints, 0 to 16.
    pub watchpoints: u8,
    /// Context-aware breakpoints: the highest-numbered ones.
    pub contexts: u8,
}

impl Counts {
    /// From the word that the kernel's status invocation gives.
    pub const fn from_word(word: u64) -> Self {
        Self { breakpoints: word as u8, watchpoints: (word >> 8) as u8, contexts: (word >> 16) as u8 }
    }

    /// Can breakpoint `n` compare a context?
    pub const fn is_context_aware(self, n: u8) -> bool {
        n < self.breakpoints && n + self.contexts >= self.breakpoints
    }

    /// `ID_AA64DFR0_EL1`: v8.0 debug with these counts, no double lock; no PMU, trace or profiling.
    pub const fn id_aa64dfr0(self) -> u64 {
        const DEBUG_VERSION_8_0: u64 = 6;
        const NO_DOUBLE_LOCK: u64 = 0xf << 36;
        DEBUG_VERSION_8_0
            | NO_DOUBLE_LOCK
            | less_one(self.breakpoints) << 12
            | less_one(self.watchpoints) << 20
            | less_one(self.contexts) << 28
    }
}

const fn less_one(count: u8) -> u64 {
    (count as u64).saturating_sub(1) & 0xf
}
