// SPDX-License-Identifier: MIT OR Apache-2.0
//! What of the interrupt controller outlasts the VMM. A copy is made of each section that an exit changes, so what
//! changes seldom has sections of its own.

use super::bitmap::{BANKS, Bitmap, NONE, banked};
use super::list_registers::ListRegisters;
use super::undo::Undo;
use super::{INTERRUPTS, PRIVATE, SGI_MASK, SGIS};
use crate::state::{Content, Stored, sections};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Inputs and what became of them, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Inputs {
    /// `GICD_CTLR`: bit 0 group 0, bit 1 group 1.
    pub(super) control: u32,
    /// A bit for each vCPU: the kernel masks the virtual timer's PPI, from its VPPIEvent to `VCPU_AckVPPI`.
    pub(super) timer_held: u32,
    /// Of each vCPU: how the kernel injects the virtual timer's interrupt by itself, as a word of VCPU_InjectIRQ; 0: it does
    /// not.
    pub(super) prepared: [u64; BANKS],
    pub(super) enabled: Bitmap,
    pub(super) group: Bitmap,
    /// Edges not yet in a list register, and what the guest made pending itself.
    pub(super) latched: Bitmap,
    /// Level of each input.
    pub(super) line: Bitmap,
    /// 1 = edge-triggered.
    pub(super) edge: Bitmap,
    /// In a list register.
    pub(super) held: Bitmap,
    pub(super) list: [ListRegisters; BANKS],
}

/// What few exits change, as it is kept: what guests set once, and what is active or comes from others. SGIs and PPIs are
/// banked.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Seldom {
    private: [[u8; PRIVATE]; BANKS],
    shared: [u8; INTERRUPTS - PRIVATE],
    target: [u8; INTERRUPTS - PRIVATE],
    /// The guest handles it, and it is in no list register.
    pub(super) active: Bitmap,
    /// Made active by the distributor, wherever it is now: the guest has never acknowledged it.
    pub(super) by_hand: Bitmap,
    /// Of each vCPU: interrupts that it acknowledged and made inactive by the distributor, and whose ends are still to
    /// come. Such an end only drops the priority.
    pub(super) unended: [u64; BANKS],
    /// Of these SGIs: the vCPU that each came from.
    pub(super) active_sources: [[u8; SGIS]; BANKS],
    /// Of latched SGIs: a bit for each vCPU that it comes from. Not kept where there is only one.
    pub(super) pending_sources: [[u8; SGIS]; BANKS],
    /// 1: list registers were written outside an exit. A maintenance fault that was on its way then may name one that
    /// holds something else now.
    pub(super) rearranged: [u64; BANKS],
}

impl Content for Inputs {
    const NAME: &'static str = "interrupts";

    fn new() -> Self {
        Self {
            control: 0,
            timer_held: 0,
            prepared: [0; BANKS],
            enabled: banked(SGI_MASK),
            group: NONE,
            latched: NONE,
            line: NONE,
            edge: banked(SGI_MASK),
            held: NONE,
            list: [const { ListRegisters::new() }; BANKS],
        }
    }
}

impl Content for Seldom {
    const NAME: &'static str = "interrupt routing";

    fn new() -> Self {
        Self {
            private: [[0; PRIVATE]; BANKS],
            shared: [0; INTERRUPTS - PRIVATE],
            target: [0; INTERRUPTS - PRIVATE],
            active: NONE,
            by_hand: NONE,
            unended: [0; BANKS],
            active_sources: [[0; SGIS]; BANKS],
            pending_sources: [[0; SGIS]; BANKS],
            rearranged: [0; BANKS],
        }
    }
}

impl Seldom {
    /// An interrupt's priority, as a vCPU sees it; 0 of one that there is not.
    #[inline(always)]
    pub(super) fn priority(&self, cpu: usize, intid: u16) -> u8 {
        let intid = usize::from(intid);
        let of_cpu = &self.private[if BANKS == 1 { 0 } else { cpu }];
        let found = if intid < PRIVATE { of_cpu.get(intid) } else { self.shared.get(intid - PRIVATE) };
        found.copied().unwrap_or(0)
    }

    pub(super) fn priority_mut(&mut self, cpu: usize, intid: u16) -> Option<&mut u8> {
        match usize::from(intid) {
            intid if intid < PRIVATE => self.private[cpu].get_mut(intid),
            intid => self.shared.get_mut(intid - PRIVATE),
        }
    }

    /// The vCPUs that an SPI goes to, a bit each; 0 of any other.
    pub(super) fn target(&self, intid: u16) -> u8 {
        usize::from(intid).checked_sub(PRIVATE).and_then(|spi| self.target.get(spi)).copied().unwrap_or(0)
    }

    pub(super) fn target_mut(&mut self, intid: u16) -> Option<&mut u8> {
        usize::from(intid).checked_sub(PRIVATE).and_then(|spi| self.target.get_mut(spi))
    }
}

sections! {
    /// What of it outlasts the VMM.
    pub struct GicMemory {
        pub(super) inputs: Stored<Inputs>,
        pub(super) seldom: Stored<Seldom>,
        pub(super) undo: [Undo; BANKS],
    }
}
