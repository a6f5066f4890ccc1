// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU's interface to the interrupt controller, as the hypervisor sees it (IHI 0048B, chapter 5): the list registers,
//! and what the guest has set in its own CPU interface.

use super::format::Format;

/// List registers of a GIC-400 and of QEMU's GICv2.
pub const LIST_REGISTERS: usize = 4;

/// The words as the kernel has them, of a vCPU that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Control: GICH_HCR, or ICH_HCR_EL2.
    pub control: u64,
    /// What the guest set: GICH_VMCR, or ICH_VMCR_EL2.
    pub guest: u64,
    /// Active priorities, a bit each: GICH_APR; or ICH_AP0R0_EL2, and from bit 32 ICH_AP1R0_EL2.
    pub active_priorities: u64,
    /// The list registers.
    pub list: [u64; LIST_REGISTERS],
}

/// What a list register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Interrupt.
    pub intid: u16,
    /// Of an SGI: the vCPU that it comes from.
    pub source: u8,
    /// The lower, the more urgent; of 32 priorities, in the upper bits.
    pub priority: u8,
    /// Group 1.
    pub group: bool,
    /// The guest has still to take it.
    pub pending: bool,
    /// The guest is handling it.
    pub active: bool,
}

/// The control word: the interface is on.
pub const ENABLE: u64 = 1;
/// The control word: maintenance when the guest ends what is in no list register (LRENPIE).
pub const TELL_OTHER_ENDS: u64 = 1 << 2;
/// The control word: maintenance when no list register is pending (NPIE).
pub const TELL_NONE_PENDING: u64 = 1 << 3;
/// The control word: how many ends were in no list register (EOICount).
const OTHER_ENDS_SHIFT: u32 = 27;

/// The control word: maintenance when the guest enables or disables group 0 (VGrp0EIE, VGrp0DIE), and group 1.
const TELL_GROUP0_ON: u64 = 1 << 4;
const TELL_GROUP0_OFF: u64 = 1 << 5;
const TELL_GROUP1_ON: u64 = 1 << 6;
const TELL_GROUP1_OFF: u64 = 1 << 7;

/// The control word: maintenance when the guest enables a group that is not, or disables one.
pub(super) const fn tell_other_groups(guest: u64) -> u64 {
    let group0 = if guest & GROUP0 != 0 { TELL_GROUP0_OFF } else { TELL_GROUP0_ON };
    let group1 = if guest & GROUP1 != 0 { TELL_GROUP1_OFF } else { TELL_GROUP1_ON };
    group0 | group1
}

/// What the guest set: groups 0 and 1 are enabled.
pub(super) const GROUP0: u64 = 1;
/// As [`GROUP0`].
pub(super) const GROUP1: u64 = 2;
/// The same of EOImode: an end drops the priority, and another write makes inactive.
pub(super) const SPLIT: u64 = 1 << 9;
/// What the guest set: group 1 has group 0's binary point (CBPR).
const COMMON_BINARY_POINT: u64 = 1 << 4;
const BINARY_POINT1_SHIFT: u32 = 18;
const BINARY_POINT0_SHIFT: u32 = 21;

/// No interrupt is active.
const IDLE: u16 = 0x100;

impl Interface {
    /// Ends of interrupts that were in no list register, since the control word was written.
    pub const fn other_ends(&self) -> u32 {
        (self.control >> OTHER_ENDS_SHIFT) as u32 & 31
    }

    /// Whether a pending interrupt is signalled to the vCPU: its group is enabled, it is more urgent than the guest's
    /// priority mask, and more than what the guest is handling (IHI 0048B, 3.3). Only that ends a WFI.
    pub fn signals(&self, format: Format) -> bool {
        self.list.iter().map(|&word| format.listed(word)).any(|listed| {
            let enable = if listed.group { GROUP1 } else { GROUP0 };
            listed.pending
                && !listed.active
                && self.guest & enable != 0
                && listed.priority < format.priority_mask(self.guest)
                && self.group_priority(&listed) < self.running_priority()
        })
    }

    /// The part of the priority that decides whether it preempts (IHI 0048B, 3.3.3).
    fn group_priority(&self, listed: &Listed) -> u16 {
        let (zero, one) = (self.guest >> BINARY_POINT0_SHIFT & 7, self.guest >> BINARY_POINT1_SHIFT & 7);
        let point = if listed.group && self.guest & COMMON_BINARY_POINT == 0 { one.saturating_sub(1) } else { zero };
        u16::from(listed.priority) & (0xff << (point + 1))
    }

    /// Of the most urgent active interrupt (IHI 0048B, 4.4.6).
    fn running_priority(&self) -> u16 {
        let levels = self.active_priorities as u32 | (self.active_priorities >> 32) as u32;
        if levels == 0 { IDLE } else { (levels.trailing_zeros() << 3) as u16 }
    }
}
