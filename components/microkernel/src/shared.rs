// SPDX-License-Identifier: MIT OR Apache-2.0
//! What all cores share beside the objects themselves: owners of interrupts, names of VSpaces.

use crate::board;
use crate::cap::{CNodeCap, Slot};
use crate::object::asid::{AsidPool, Vmids};
use crate::object::reference::Ref;
use core::cell::Cell;

/// Interrupts of the board.
pub const NUM_IRQS: usize = board::GIC_MAX_IRQ as usize + 1;
/// ASID pools: 2^16 ASIDs.
pub const NUM_ASID_POOLS: usize = 128;

/// Who owns an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum IrqState {
    /// Nobody: it is masked.
    #[default]
    Inactive,
    /// An IRQ handler capability exists.
    Signal,
    /// The kernel itself.
    Reserved,
}

/// The state of the kernel that is no single core's.
pub struct Shared {
    /// Notification capabilities by interrupt.
    pub(crate) irq_slots: [Slot; NUM_IRQS],
    /// Owners of interrupts.
    pub(crate) irq_states: [Cell<IrqState>; NUM_IRQS],
    /// ASID pools by the high bits of an ASID.
    pub asid_pools: [Cell<Option<Ref<AsidPool>>>; NUM_ASID_POOLS],
    /// Which VSpace has which VMID: one set for all cores, for the hardware tells all of them what to forget.
    pub(crate) vmids: Vmids,
    /// Where the root task's capabilities are: `invariants` begins there.
    pub(crate) root_cnode: Cell<Option<CNodeCap>>,
}

impl Shared {
    /// No interrupt has an owner, and there is no VSpace.
    pub const fn new() -> Self {
        Self {
            irq_slots: [const { Slot::empty() }; NUM_IRQS],
            irq_states: [const { Cell::new(IrqState::Inactive) }; NUM_IRQS],
            asid_pools: [const { Cell::new(None) }; NUM_ASID_POOLS],
            vmids: Vmids::new(),
            root_cnode: Cell::new(None),
        }
    }

    /// Keeps an interrupt for the kernel: IRQControl refuses it.
    pub fn reserve_irq(&self, irq: u16) {
        if let Some(state) = self.irq_states.get(irq as usize) {
            state.set(IrqState::Reserved);
        }
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self::new()
    }
}
