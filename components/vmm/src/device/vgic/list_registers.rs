// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the VMM knows of the list registers: which interrupt it put where.

use super::WORDS;

/// List registers of a GIC-400 and of QEMU's GICv2.
pub const LIST_REGISTERS: usize = 4;

/// The way to the vCPU's CPU interface.
pub trait Inject {
    /// Put a pending interrupt in a list register; false if the kernel refuses.
    fn inject(&mut self, index: u8, intid: u16, priority: u8, group: u8) -> bool;
    /// Let the kernel unmask a virtual PPI.
    fn ack_vppi(&mut self, intid: u16);
}

/// One entry for each list register.
pub(super) struct ListRegisters {
    holds: [Option<u16>; LIST_REGISTERS],
    /// The same as a bitmap of interrupts.
    held: [u32; WORDS],
}

impl ListRegisters {
    pub(super) const fn new() -> Self {
        Self { holds: [None; LIST_REGISTERS], held: [0; WORDS] }
    }

    pub(super) fn free(&self) -> Option<u8> {
        self.holds.iter().position(Option::is_none).map(|index| index as u8)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.holds.iter().all(Option::is_none)
    }

    pub(super) fn held(&self, word: usize) -> u32 {
        self.held[word]
    }

    pub(super) fn occupy(&mut self, index: u8, intid: u16) {
        self.holds[usize::from(index)] = Some(intid);
        self.held[usize::from(intid / 32)] |= 1 << (intid % 32);
    }

    /// Empty an entry; what it held, if it was one of ours.
    pub(super) fn release(&mut self, index: u64) -> Option<u16> {
        let intid = self.holds.get_mut(usize::try_from(index).ok()?)?.take()?;
        self.held[usize::from(intid / 32)] &= !(1 << (intid % 32));
        Some(intid)
    }
}
