// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the VMM knows of the list registers: which interrupt it put where.

use super::{INTERRUPTS, WORDS};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// List registers of a GIC-400 and of QEMU's GICv2.
pub const LIST_REGISTERS: usize = 4;

/// The way to the vCPU's CPU interface.
pub trait Inject {
    /// Put a pending interrupt in a list register; false if the kernel refuses.
    fn inject(&mut self, index: u8, intid: u16, priority: u8, group: u8) -> bool;
    /// The guest's CPU interface and all list registers as after power-on; false if the kernel cannot do that.
    fn reset_interface(&mut self) -> bool;
    /// Let the kernel unmask a virtual PPI.
    fn ack_vppi(&mut self, intid: u16);
}

/// In an entry: the list register is empty. So is one that says anything else that is no interrupt.
const EMPTY: u16 = u16::MAX;

/// One entry for each list register.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ListRegisters {
    holds: [u16; LIST_REGISTERS],
    /// The same as a bitmap of interrupts.
    held: [u32; WORDS],
}

impl ListRegisters {
    pub(super) const fn new() -> Self {
        Self { holds: [EMPTY; LIST_REGISTERS], held: [0; WORDS] }
    }

    pub(super) fn free(&self) -> Option<u8> {
        self.holds.iter().position(|&intid| !is_interrupt(intid)).map(|index| index as u8)
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.holds.iter().any(|&intid| is_interrupt(intid))
    }

    pub(super) fn held(&self, word: usize) -> u32 {
        self.held[word]
    }

    pub(super) fn occupy(&mut self, index: u8, intid: u16) {
        self.holds[usize::from(index)] = intid;
        self.held[usize::from(intid / 32)] |= 1 << (intid % 32);
    }

    /// Empty an entry; what it held, if it was one of ours.
    pub(super) fn release(&mut self, index: u64) -> Option<u16> {
        let entry = self.holds.get_mut(usize::try_from(index).ok()?)?;
        let intid = core::mem::replace(entry, EMPTY);
        if !is_interrupt(intid) {
            return None;
        }
        self.held[usize::from(intid / 32)] &= !(1 << (intid % 32));
        Some(intid)
    }
}

const fn is_interrupt(intid: u16) -> bool {
    (intid as usize) < INTERRUPTS
}
