// SPDX-License-Identifier: MIT OR Apache-2.0
//! What of a written value stays, so that a trapped write reads back as one that went to the hardware.

use lazaret_abi::DebugRegister;

use crate::Counts;

/// `MDSCR_EL1` with the OS lock free: SS, TDCC, KDE, MDE. The rest is read-only then, or the debugger's.
pub const MDSCR: u64 = 1 << 0 | 1 << 12 | 1 << 13 | 1 << 15;
/// `DBGDSCRext` with the OS lock free: MOE, UDCCdis, MDBGen.
pub const DSCR: u64 = 0xf << 2 | 1 << 12 | 1 << 15;
/// `MDCCSR_EL0` and `DBGDSCRint`: TXfull.
pub const TX_FULL: u64 = 1 << 29;
/// `DBGVCR`: the vectors of each state.
pub const VCR: u64 = 0xde00_00de;
/// `MDCCINT_EL1`: TX and RX.
pub const MDCCINT: u64 = 0b11 << 29;
/// `DBGBCR<n>_EL1`: E, PMC, BAS, LBN, BT.
pub const BCR: u64 = 1 | 0b11 << 1 | 0xf << 5 | 0xf << 16 | 0xf << 20;
/// `DBGWCR<n>_EL1`: E, PAC, LSC, BAS, LBN, WT, MASK.
pub const WCR: u64 = 1 | 0b11 << 1 | 0b11 << 3 | 0xff << 5 | 0xf << 16 | 1 << 20 | 0x1f << 24;
/// An address: the two low bits are RES0.
pub const ADDRESS: u64 = !0b11;
/// The claim tags.
pub const CLAIM: u64 = 0xff;

/// The value that `register` has after a write of `value`.
pub const fn written(register: DebugRegister, value: u64, counts: Counts) -> u64 {
    match register {
        // A context number has all its bits.
        DebugRegister::Bvr(n) if counts.is_context_aware(n) => value,
        DebugRegister::Bvr(_) | DebugRegister::Wvr(_) => value & ADDRESS,
        DebugRegister::Bcr(_) => copy_byte_select(value & BCR),
        DebugRegister::Wcr(_) => value & WCR,
        DebugRegister::Mdscr => value & MDSCR,
        DebugRegister::Mdccint => value & MDCCINT,
        DebugRegister::Vcr32 => value & VCR,
        DebugRegister::Claim => value & CLAIM,
        DebugRegister::OsLock => value & 1,
    }
}

/// `DBGBCR<n>_EL1`.BAS: bits 3 and 1 are copies of bits 2 and 0.
const fn copy_byte_select(value: u64) -> u64 {
    let even = value & 0b0101 << 5;
    value & !(0b1010 << 5) | even << 1
}
