// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bits of Arm's self-hosted debug registers, each once (Arm ARM, DDI 0487, the description of each register).
//!
//! The VMM masks what a guest writes, and the debug shim masks what a VMM supplies. These are two walls, for the shim
//! does not trust the VMM: which bits may pass is decided in each of them. What a bit is called and where it stands is a
//! fact, and both take it from here. Nothing in this crate does anything.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod breakpoint;
pub mod mdscr;
pub mod watchpoint;

/// `MDCCINT_EL1` (and `DBGDCCINT`): the debug communications channel's two interrupt enables, TX and RX.
pub mod mdccint {
    /// RX: an interrupt when data has come in.
    pub const RX: u64 = 1 << 30;
    /// TX: an interrupt when data can go out.
    pub const TX: u64 = 1 << 29;
}

/// `DBGCLAIMSET_EL1` and `DBGCLAIMCLR_EL1`: the eight claim tags.
pub const CLAIM_TAGS: u64 = 0xff;

/// `DBGVCR32_EL2` (AArch32's `DBGVCR`): the vectors that can be caught, of Secure state in bits 7:0 and of Non-secure
/// state in bits 31:24.
pub const VECTOR_CATCH: u64 = 0xde00_00de;

/// `DBGBVR<n>_EL1` and `DBGWVR<n>_EL1` that hold an address: bits 1:0 are RES0.
pub const ADDRESS: u64 = !0b11;

/// `OSLSR_EL1.OSLK`, as the virtual OS lock holds it: one bit.
pub const OS_LOCK: u64 = 1;
