// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a VMM may put on the hardware: nothing that aims at EL2 or Secure state, no link to nowhere.

use crate::Counts;

const E: u64 = 1;
const BCR_BITS: u64 = E | 0b11 << 1 | 0xf << 5 | 0xf << LBN | 0xf << BT;
const WCR_BITS: u64 = E | 0b11 << 1 | 0b11 << 3 | 0xff << 5 | 0xf << LBN | 1 << WT | 0x1f << 24;
const LBN: u32 = 16;
const BT: u32 = 20;
const WT: u32 = 20;

/// `DBGBCR<n>_EL1` without HMC, SSC and unknown bits; turned off if its type or its link makes no sense.
pub const fn bcr(n: u8, value: u64, counts: Counts) -> u64 {
    let value = value & BCR_BITS;
    let kind = (value >> BT) & 0xf;
    let sane = match kind {
        0 | 4 => true,
        1 | 5 => counts.is_context_aware(lbn(value)),
        2 | 3 => counts.is_context_aware(n),
        // VMID and CONTEXTIDR_EL2 comparisons are the hypervisor's.
        _ => false,
    };
    if sane { value } else { value & !E }
}

/// `DBGWCR<n>_EL1` without HMC, SSC and unknown bits; turned off if it links to nothing.
pub const fn wcr(value: u64, counts: Counts) -> u64 {
    let value = value & WCR_BITS;
    let linked = value & 1 << WT != 0;
    if !linked || counts.is_context_aware(lbn(value)) { value } else { value & !E }
}

const fn lbn(value: u64) -> u8 {
    ((value >> LBN) & 0xf) as u8
}
