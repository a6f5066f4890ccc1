// SPDX-License-Identifier: MIT OR Apache-2.0
//! The architecture's numbers, written down a second time from the Arm Architecture Reference Manual (DDI 0487, issue K),
//! so that a wrong number in the code under proof is not also the number that it is judged by.

use debug_shim::{Armed, Counts};

/// `MDSCR_EL1` (D24.3): software step.
pub const SS: u64 = 0x0001;
/// `MDSCR_EL1` (D24.3): EL0's accesses to the communications channel trap.
pub const TDCC: u64 = 0x1000;
/// `MDSCR_EL1` (D24.3): debug exceptions from the level that takes them.
pub const KDE: u64 = 0x2000;
/// `MDSCR_EL1` (D24.3): halting debug enable, which belongs to an external debugger.
pub const HDE: u64 = 0x4000;
/// `MDSCR_EL1` (D24.3): breakpoints, watchpoints and vector catch.
pub const MDE: u64 = 0x8000;
/// `DBGDSCRext` (G8.3): the method of debug entry, bits 5 to 2.
pub const MOE: u64 = 0x003c;

/// What a 64-bit guest may have of `MDSCR_EL1`.
pub const GUEST64: u64 = SS | TDCC | KDE | MDE;
/// What a 32-bit guest may have: `DBGDSCRext` has neither SS nor KDE.
pub const GUEST32: u64 = MOE | TDCC | MDE;
/// Each of these lets the hardware look at the bank (chapter D2, self-hosted debug).
pub const USES_BANK: u64 = KDE | MDE;
/// What may not reach the hardware while the OS lock is taken (chapter D2: it disables all debug exceptions but those of BRK and BKPT).
pub const EXCEPTIONS: u64 = SS | KDE | MDE;

/// `MDCR_EL2` (D24.3) while guests run: TPMCR, TPM, TDOSA, TDRA, TPMS and TTRF; no HPME, both buffers EL2's.
const TRAPS: u64 = 0x0008_4c60;
/// `MDCR_EL2` (D24.3): accesses to the debug registers trap.
pub const TDA: u64 = 0x0000_0200;
/// `MDCR_EL2` (D24.3): debug exceptions go to EL2.
pub const TDE: u64 = 0x0000_0100;

/// The whole of `MDCR_EL2`: the traps, and all of the core's event counters in HPMN (bits 4 to 0).
pub fn mdcr(event_counters: u8, armed: Armed) -> u64 {
    let follows = match armed {
        Armed::No | Armed::Trapped => TDA,
        Armed::Direct => 0,
        Armed::Attached => TDA | TDE,
    };
    TRAPS | u64::from(event_counters) | follows
}

/// `MDCCINT_EL1` (D24.3): RX and TX.
pub const MDCCINT: u64 = 0x6000_0000;
/// `DBGCLAIMSET_EL1` (D24.3): the eight tags.
pub const CLAIM: u64 = 0xff;
/// `DBGVCR32_EL2` (D24.3) is a 32-bit register.
pub const VCR32: u64 = 0xffff_ffff;
/// `DBGBVR<n>_EL1`, `DBGWVR<n>_EL1` (D24.3): an address's two low bits are RES0.
pub const RES0_OF_ADDRESS: u64 = 3;
/// `DBGBCR<n>_EL1` (D24.3): E, PMC, BAS, LBN and BT; without HMC and SSC, which can aim at other exception levels.
pub const BCR: u64 = 0x00ff_01e7;
/// `DBGWCR<n>_EL1` (D24.3): E, PAC, LSC, BAS, LBN, WT and MASK; without HMC and SSC.
pub const WCR: u64 = 0x1f1f_1fff;
/// HMC and SSC of both control registers.
pub const HMC_SSC: u64 = 0xe000;

/// `ID_AA64DFR0_EL1` (D24.2): CTX_CMPs + 1 breakpoints, those with the highest numbers, compare contexts.
#[inline]
pub fn is_context_aware(n: u64, counts: Counts) -> bool {
    let all = u64::from(counts.breakpoints());
    n < all && all - n <= u64::from(counts.contexts())
}

/// `DBGBCR<n>_EL1.BT` (D24.3): what breakpoint `n` may be while it is on the hardware. Otherwise it goes there disabled.
#[inline]
pub fn clamped_bcr(n: u8, value: u64, counts: Counts) -> u64 {
    let (kept, linked_to) = (value & BCR, value >> 16 & 0xf);
    let is_sane = match value >> 20 & 0xf {
        // Unlinked address match, and mismatch.
        0b0000 | 0b0100 => true,
        // Linked address match, and mismatch: to a breakpoint that compares contexts.
        0b0001 | 0b0101 => is_context_aware(linked_to, counts),
        // Context ID, unlinked and linked.
        0b0010 | 0b0011 => is_context_aware(n.into(), counts),
        // VMIDs, and CONTEXTIDR_EL2: the hypervisor's own.
        _ => false,
    };
    if is_sane { kept } else { kept & !1 }
}

/// `DBGWCR<n>_EL1.WT` (D24.3): a linked watchpoint needs a breakpoint that compares contexts.
#[inline]
pub fn clamped_wcr(value: u64, counts: Counts) -> u64 {
    let is_linked = value & 1 << 20 != 0;
    let kept = value & WCR;
    if !is_linked || is_context_aware(value >> 16 & 0xf, counts) { kept } else { kept & !1 }
}
