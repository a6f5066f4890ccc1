// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of a vCPU's interface, as the two architectures lay them out. All else is the same for both.

use super::interface::Listed;

/// Which interrupt controller the host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GICH_LR and GICH_VMCR (IHI 0048B, 5.3.8 and 5.3.3).
    V2,
    /// ICH_LR_EL2 and ICH_VMCR_EL2 (IHI 0069, 12.4), for a guest that has a GICv2.
    V3,
}

/// Where the fields of a list register begin.
struct Fields {
    /// Maintenance when the guest has ended it.
    tell_end: u32,
    priority: u32,
    /// Bits of the priority that the field leaves out.
    cut: u32,
    state: u32,
    group: u32,
}

const INTID: u64 = 0x3ff;
const SOURCE_SHIFT: u32 = 10;
const PENDING: u64 = 1;
const ACTIVE: u64 = 2;
/// Interrupts below are SGIs.
const SGIS: u64 = 16;

impl Format {
    const fn fields(self) -> Fields {
        match self {
            Self::V2 => Fields { tell_end: 19, priority: 23, cut: 3, state: 28, group: 30 },
            Self::V3 => Fields { tell_end: 41, priority: 48, cut: 0, state: 62, group: 60 },
        }
    }

    /// The list register's word, with maintenance at the interrupt's end.
    pub const fn word(self, listed: Listed) -> u64 {
        let Fields { tell_end, priority, cut, state, group } = self.fields();
        let states = if listed.pending { PENDING } else { 0 } | if listed.active { ACTIVE } else { 0 };
        listed.intid as u64
            | (listed.source as u64) << SOURCE_SHIFT
            | 1 << tell_end
            | ((listed.priority >> cut) as u64) << priority
            | states << state
            | (listed.group as u64) << group
    }

    /// What a list register's word says.
    pub const fn listed(self, word: u64) -> Listed {
        let Fields { priority, cut, state, group, .. } = self.fields();
        let intid = word & INTID;
        Listed {
            intid: intid as u16,
            source: if intid < SGIS { (word >> SOURCE_SHIFT & 7) as u8 } else { 0 },
            priority: ((word >> priority) as u8 & (0xff >> cut)) << cut,
            group: word >> group & 1 != 0,
            pending: word >> state & PENDING != 0,
            active: word >> state & ACTIVE != 0,
        }
    }

    /// The guest's priority mask.
    pub const fn priority_mask(self, guest: u64) -> u8 {
        match self {
            Self::V2 => (guest >> 27 & 0x1f) as u8 * 8,
            Self::V3 => (guest >> 24) as u8,
        }
    }
}
