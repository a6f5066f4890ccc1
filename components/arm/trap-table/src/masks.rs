// SPDX-License-Identifier: MIT OR Apache-2.0
//! What of a written value stays, so that a trapped write reads back as one that went to the hardware.

use arm_debug_bits::{CLAIM_TAGS, OS_LOCK, VECTOR_CATCH, breakpoint, mdccint, mdscr, watchpoint};
use lazaret_abi::DebugRegister;

use crate::Counts;

/// `MDSCR_EL1` with the OS lock free: SS, TDCC, KDE, MDE. The rest is read-only then, or the debugger's.
pub const MDSCR: u64 = mdscr::SS | mdscr::TDCC | mdscr::KDE | mdscr::MDE;
/// `DBGDSCRext` with the OS lock free: MOE, UDCCdis, MDBGen.
pub const DSCR: u64 = mdscr::MOE | mdscr::TDCC | mdscr::MDE;
/// `MDCCSR_EL0` and `DBGDSCRint`: TXfull.
pub const TX_FULL: u64 = mdscr::TX_FULL;
/// `DBGVCR`: the vectors of each state.
pub const VCR: u64 = VECTOR_CATCH;
/// `MDCCINT_EL1`: TX and RX.
pub const MDCCINT: u64 = mdccint::RX | mdccint::TX;
/// `DBGBCR<n>_EL1`: all but HMC and SSC, which aim at EL2 and Secure state.
pub const BCR: u64 = breakpoint::E | breakpoint::PMC | breakpoint::BAS | breakpoint::LBN | breakpoint::BT;
/// `DBGWCR<n>_EL1`: the same.
pub const WCR: u64 = watchpoint::E
    | watchpoint::PAC
    | watchpoint::LSC
    | watchpoint::BAS
    | watchpoint::LBN
    | watchpoint::WT
    | watchpoint::MASK;
/// An address: the two low bits are RES0.
pub const ADDRESS: u64 = arm_debug_bits::ADDRESS;
/// `CNTP_CTL_EL0`: ENABLE, IMASK. ISTATUS is read-only.
pub const TIMER_CONTROL: u64 = 3;
/// The claim tags.
pub const CLAIM: u64 = CLAIM_TAGS;

/// The value that `register` has after a write of `value`.
pub const fn written(register: DebugRegister, value: u64, counts: Counts) -> u64 {
    match register {
        // A context number has all its bits.
        DebugRegister::Bvr(n) if counts.is_context_aware(n) => value,
        DebugRegister::Bvr(_) | DebugRegister::Wvr(_) => value & ADDRESS,
        DebugRegister::Bcr(_) => breakpoint::copied_byte_select(value & BCR),
        DebugRegister::Wcr(_) => value & WCR,
        DebugRegister::Mdscr => value & MDSCR,
        DebugRegister::Mdccint => value & MDCCINT,
        DebugRegister::Vcr32 => value & VCR,
        DebugRegister::Claim => value & CLAIM,
        DebugRegister::OsLock => value & OS_LOCK,
    }
}
