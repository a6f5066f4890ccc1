// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug registers by kind and number.

use bare_aarch64::pattern::Kind;

use super::{instruction, mcr, mrc};

/// DBGDSCRext.MDBGen: breakpoints and watchpoints on.
pub const MDBGEN: u32 = 1 << 15;

macro_rules! by_number {
    ($n:expr, $macro:ident, $op2:literal $(, $value:expr)?) => {
        match $n {
            0 => $macro!("p14, 0", concat!("c0, c0, ", $op2) $(, $value)?),
            1 => $macro!("p14, 0", concat!("c0, c1, ", $op2) $(, $value)?),
            2 => $macro!("p14, 0", concat!("c0, c2, ", $op2) $(, $value)?),
            3 => $macro!("p14, 0", concat!("c0, c3, ", $op2) $(, $value)?),
            4 => $macro!("p14, 0", concat!("c0, c4, ", $op2) $(, $value)?),
            5 => $macro!("p14, 0", concat!("c0, c5, ", $op2) $(, $value)?),
            6 => $macro!("p14, 0", concat!("c0, c6, ", $op2) $(, $value)?),
            7 => $macro!("p14, 0", concat!("c0, c7, ", $op2) $(, $value)?),
            8 => $macro!("p14, 0", concat!("c0, c8, ", $op2) $(, $value)?),
            9 => $macro!("p14, 0", concat!("c0, c9, ", $op2) $(, $value)?),
            10 => $macro!("p14, 0", concat!("c0, c10, ", $op2) $(, $value)?),
            11 => $macro!("p14, 0", concat!("c0, c11, ", $op2) $(, $value)?),
            12 => $macro!("p14, 0", concat!("c0, c12, ", $op2) $(, $value)?),
            13 => $macro!("p14, 0", concat!("c0, c13, ", $op2) $(, $value)?),
            14 => $macro!("p14, 0", concat!("c0, c14, ", $op2) $(, $value)?),
            _ => $macro!("p14, 0", concat!("c0, c15, ", $op2) $(, $value)?),
        }
    };
}

/// A register of breakpoint or watchpoint `n`.
pub fn read(kind: Kind, n: u8) -> u32 {
    match kind {
        Kind::Bvr => by_number!(n, mrc, "4"),
        Kind::Bcr => by_number!(n, mrc, "5"),
        Kind::Wvr => by_number!(n, mrc, "6"),
        Kind::Wcr => by_number!(n, mrc, "7"),
    }
}

/// Writes it.
pub fn write(kind: Kind, n: u8, value: u32) {
    match kind {
        Kind::Bvr => by_number!(n, mcr, "4", value),
        Kind::Bcr => by_number!(n, mcr, "5", value),
        Kind::Wvr => by_number!(n, mcr, "6", value),
        Kind::Wcr => by_number!(n, mcr, "7", value),
    }
}

/// DBGDIDR.
pub fn id() -> u32 {
    mrc!("p14, 0", "c0, c0, 0")
}

/// How many there are of a kind.
pub fn count(kind: Kind) -> u8 {
    let field = match kind {
        Kind::Bvr | Kind::Bcr => id() >> 24,
        Kind::Wvr | Kind::Wcr => id() >> 28,
    };
    (field & 0xf) as u8 + 1
}

/// DBGDSCRext.
pub fn status() -> u32 {
    mrc!("p14, 0", "c0, c2, 2")
}

/// Writes DBGDSCRext.
pub fn set_status(value: u32) {
    mcr!("p14, 0", "c0, c2, 2", value);
    instruction!("isb");
}

/// DBGDSCRint.MOE: what the last debug exception was.
pub fn method_of_entry() -> u32 {
    mrc!("p14, 0", "c0, c1, 0") >> 2 & 0xf
}

pub fn claim_tags() -> u32 {
    mrc!("p14, 0", "c7, c9, 6")
}

/// Exactly these tags.
pub fn set_claim_tags(tags: u32) {
    mcr!("p14, 0", "c7, c9, 6", 0xff);
    mcr!("p14, 0", "c7, c8, 6", tags);
}

/// Everything off and zero.
pub fn reset() {
    set_status(0);
    for kind in [Kind::Bcr, Kind::Wcr, Kind::Bvr, Kind::Wvr] {
        (0..count(kind)).for_each(|n| write(kind, n, 0));
    }
}
