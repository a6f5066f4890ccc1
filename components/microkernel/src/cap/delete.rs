// SPDX-License-Identifier: MIT OR Apache-2.0
//! Deletion and revocation.
//!
//! Deleting the last capability of an object that holds slots itself (a CNode, a TCB) leaves a *zombie* in the
//! slot, which counts the object's slots down as they are emptied. The slots may hold further CNodes, even each
//! other in a ring. Recursion stays at two levels: while a zombie is worked off, a zombie found inside is swapped
//! out against the slot that is worked on, so that the work goes on there.

use super::finalise::Remainder;
use super::{Cap, Slot, ZombieCap, derivation};
use crate::arch::InterruptController;
use crate::error::SyscallError;
use crate::kernel::Kernel;
use crate::object::reference::Ref;

impl Kernel {
    /// Deletes everything derived from what the slot holds.
    pub(crate) fn revoke(&self, slot: Ref<Slot>) -> Result<(), SyscallError> {
        while let Some(child) = derivation::first_child(slot) {
            self.delete(child)?;
            self.preemption_point()?;
        }
        Ok(())
    }

    /// Empties a slot; `Preempted` leaves a state in which the same call goes on.
    pub(crate) fn delete(&self, slot: Ref<Slot>) -> Result<(), SyscallError> {
        while !slot.is_empty() {
            match self.finalise(slot, derivation::is_last(slot)) {
                Remainder::Nothing => self.empty(slot),
                Remainder::Zombie(zombie) if is_worked_off(zombie, slot) => self.empty(slot),
                Remainder::Zombie(zombie) => {
                    slot.update(Cap::Zombie(zombie));
                    self.shrink(slot, zombie)?;
                    self.preemption_point()?;
                }
            }
        }
        Ok(())
    }

    /// Deletes a capability whose object has no slots: it cannot take long.
    pub(crate) fn delete_simple(&self, slot: Ref<Slot>) {
        if !slot.is_empty() {
            let remainder = self.finalise(slot, derivation::is_last(slot));
            debug_assert!(matches!(remainder, Remainder::Nothing));
            self.empty(slot);
        }
    }

    /// Empties the last slot of the zombie in `slot`.
    fn shrink(&self, slot: Ref<Slot>, zombie: ZombieCap) -> Result<(), SyscallError> {
        let end = zombie.slots.offset(zombie.count as usize - 1);
        if self.delete_inner(end)? && slot.cap() == Cap::Zombie(zombie) {
            slot.update(Cap::Zombie(ZombieCap { count: zombie.count - 1, ..zombie }));
        }
        Ok(())
    }

    /// Empties a slot of a zombie, or moves the zombie in it out of the way: true if the slot is empty.
    ///
    /// The swap puts this slot's zombie in the first slot of its own object: what was there comes here and is
    /// deleted in turn. A zombie that already lies in its own object stays; the outer loop meets it again.
    fn delete_inner(&self, slot: Ref<Slot>) -> Result<bool, SyscallError> {
        while !slot.is_empty() {
            match self.finalise(slot, derivation::is_last(slot)) {
                Remainder::Nothing => self.empty(slot),
                Remainder::Zombie(zombie) if is_worked_off(zombie, slot) => self.empty(slot),
                Remainder::Zombie(zombie) => {
                    slot.update(Cap::Zombie(zombie));
                    if zombie.slots == slot {
                        return Ok(false);
                    }
                    derivation::swap(zombie.slots.cap(), zombie.slots, slot.cap(), slot);
                    self.preemption_point()?;
                }
            }
        }
        Ok(true)
    }

    fn empty(&self, slot: Ref<Slot>) {
        let released = match slot.cap() {
            Cap::IrqHandler(irq) if derivation::is_last(slot) => Some(irq),
            _ => None,
        };
        derivation::remove(slot);
        if let Some(irq) = released {
            self.release_irq(irq);
        }
    }

    /// Answers `Preempted` now and then when something more urgent waits.
    fn preemption_point(&self) -> Result<(), SyscallError> {
        let work = self.cpu.work.get() + 1;
        self.cpu.work.set(work);
        if work < WORK_UNITS {
            return Ok(());
        }
        self.cpu.work.set(0);
        if self.cpu.arch.irq_pending() { Err(SyscallError::Preempted) } else { Ok(()) }
    }
}

/// Slots emptied between two looks at the interrupt controller.
const WORK_UNITS: u32 = 100;

/// Nothing is left in the object but, at most, this very slot.
fn is_worked_off(zombie: ZombieCap, slot: Ref<Slot>) -> bool {
    zombie.count == 0 || (zombie.count == 1 && zombie.slots == slot)
}
