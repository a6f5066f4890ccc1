// SPDX-License-Identifier: MIT OR Apache-2.0
//! Child protection domains and vCPUs.

use microkit_abi::slot;
use sel4::UserContext;

/// A child, by its id in this protection domain. Faults of vCPUs come from the child of their id.
#[derive(Debug, Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Child {
    index: usize,
}

impl Child {
    /// The child of an id.
    pub const fn new(index: usize) -> Self {
        Self { index }
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    #[doc(hidden)]
    pub fn tcb(&self) -> sel4::cap::Tcb {
        sel4::Cap::from_bits(sel4::CPtrBits::from(slot::CHILD_TCB_BASE) + self.index as sel4::CPtrBits)
    }

    /// Stops the child.
    pub fn stop(&self) -> sel4::Result<()> {
        self.tcb().tcb_suspend()
    }

    /// Starts the child at an address.
    pub fn restart(&self, entry_point: sel4::Word) -> sel4::Result<()> {
        let mut context = UserContext::default();
        *context.pc_mut() = entry_point;
        self.tcb().tcb_write_registers(true, 1, &context)
    }
}
