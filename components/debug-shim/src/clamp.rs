// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a VMM may put on the hardware: nothing that aims at EL2 or Secure state, no link to nowhere.

use arm_debug_bits::{breakpoint, watchpoint};

use crate::Counts;

/// All but HMC and SSC, which aim at EL2 and Secure state, and unknown bits.
const BCR_BITS: u64 = breakpoint::E | breakpoint::PMC | breakpoint::BAS | breakpoint::LBN | breakpoint::BT;
/// The same of a watchpoint.
const WCR_BITS: u64 = watchpoint::E
    | watchpoint::PAC
    | watchpoint::LSC
    | watchpoint::BAS
    | watchpoint::LBN
    | watchpoint::WT
    | watchpoint::MASK;

/// `DBGBCR<n>_EL1` without HMC, SSC and unknown bits; turned off if its type or its link makes no sense.
pub const fn bcr(n: u8, value: u64, counts: Counts) -> u64 {
    use breakpoint::kind;
    let value = value & BCR_BITS;
    let sane = match breakpoint::bt(value) {
        kind::ADDRESS | kind::MISMATCH => true,
        kind::ADDRESS_LINKED | kind::MISMATCH_LINKED => counts.is_context_aware(breakpoint::lbn(value)),
        kind::CONTEXT | kind::CONTEXT_LINKED => counts.is_context_aware(n),
        // VMID and CONTEXTIDR_EL2 comparisons are the hypervisor's.
        _ => false,
    };
    if sane { value } else { value & !breakpoint::E }
}

/// `DBGWCR<n>_EL1` without HMC, SSC and unknown bits; turned off if it links to nothing.
pub const fn wcr(value: u64, counts: Counts) -> u64 {
    let value = value & WCR_BITS;
    let linked = value & watchpoint::WT != 0;
    if !linked || counts.is_context_aware(watchpoint::lbn(value)) { value } else { value & !watchpoint::E }
}
