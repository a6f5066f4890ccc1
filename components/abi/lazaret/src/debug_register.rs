// SPDX-License-Identifier: MIT OR Apache-2.0
//! The word by which a message names a register of a vCPU's debug bank.

/// A register of the bank as one word: kind in bits 15:8, index in bits 7:0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DebugRegister {
    /// `DBGBVR<n>_EL1`: breakpoint value.
    Bvr(u8),
    /// `DBGBCR<n>_EL1`: breakpoint control.
    Bcr(u8),
    /// `DBGWVR<n>_EL1`: watchpoint value.
    Wvr(u8),
    /// `DBGWCR<n>_EL1`: watchpoint control.
    Wcr(u8),
    /// `MDSCR_EL1`: monitor debug system control.
    Mdscr,
    /// `MDCCINT_EL1`: debug communications channel interrupt enable.
    Mdccint,
    /// `DBGVCR32_EL2`: vector catch of a 32-bit guest.
    Vcr32,
    /// `DBGCLAIMSET/CLR_EL1`: the claim tags.
    Claim,
    /// The virtual OS lock (`OSLSR_EL1.OSLK`), 0 or 1; it never reaches the hardware.
    OsLock,
}

impl DebugRegister {
    /// The word that names it in a message.
    pub const fn to_word(self) -> u64 {
        let (kind, index) = match self {
            Self::Bvr(n) => (0, n),
            Self::Bcr(n) => (1, n),
            Self::Wvr(n) => (2, n),
            Self::Wcr(n) => (3, n),
            Self::Mdscr => (4, 0),
            Self::Mdccint => (5, 0),
            Self::Vcr32 => (6, 0),
            Self::Claim => (7, 0),
            Self::OsLock => (8, 0),
        };
        (kind << 8) | index as u64
    }

    /// The register that a word names; indexes are checked against 16, not against what is implemented.
    pub const fn from_word(word: u64) -> Option<Self> {
        let index = (word & 0xff) as u8;
        Some(match (word >> 8, index) {
            (0, 0..16) => Self::Bvr(index),
            (1, 0..16) => Self::Bcr(index),
            (2, 0..16) => Self::Wvr(index),
            (3, 0..16) => Self::Wcr(index),
            (4, 0) => Self::Mdscr,
            (5, 0) => Self::Mdccint,
            (6, 0) => Self::Vcr32,
            (7, 0) => Self::Claim,
            (8, 0) => Self::OsLock,
            _ => return None,
        })
    }
}
