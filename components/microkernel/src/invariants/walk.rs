// SPDX-License-Identifier: MIT OR Apache-2.0
//! All slots that hold something, each once, without a place to remember them in.

use crate::cap::{Cap, Slot, derivation};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;

/// CNodes within CNodes; what is deeper is left out, for the stack's sake.
const DEPTH: usize = 12;

/// Visits the slots of the root CNode, of the interrupts, and of each object that a visited slot is the first to name.
pub fn each_slot(kernel: &Kernel, visit: &mut dyn FnMut(Ref<Slot>)) {
    let mut walk = Walk { root: None, visit };
    for slot in &kernel.shared.irq_slots {
        walk.slot(Ref::to_part(slot), DEPTH);
    }
    if let Some(node) = kernel.shared.root_cnode.get() {
        walk.root = Some(node.slots);
        walk.slots(node.slots, 1 << node.radix, DEPTH);
    }
}

/// The slots of a thread.
pub fn thread_slots(thread: &Tcb) -> [&Slot; 5] {
    [&thread.cspace, &thread.vspace, &thread.buffer_frame, &thread.fault_endpoint, &thread.timeout_endpoint]
}

struct Walk<'a> {
    root: Option<Ref<Slot>>,
    visit: &'a mut dyn FnMut(Ref<Slot>),
}

impl Walk<'_> {
    fn slots(&mut self, first: Ref<Slot>, count: usize, depth: usize) {
        (0..count).for_each(|n| self.slot(first.offset(n), depth));
    }

    fn slot(&mut self, slot: Ref<Slot>, depth: usize) {
        if slot.is_empty() {
            return;
        }
        (self.visit)(slot);
        if depth == 0 || !derivation::is_first(slot) {
            return;
        }
        match slot.cap() {
            Cap::CNode(node) if self.root != Some(node.slots) => self.slots(node.slots, 1 << node.radix, depth - 1),
            Cap::Zombie(zombie) if self.root != Some(zombie.slots) => {
                self.slots(zombie.slots, zombie.count as usize, depth - 1);
            }
            Cap::Thread(thread) => {
                thread_slots(&thread).into_iter().for_each(|slot| self.slot(Ref::to_part(slot), depth - 1));
            }
            Cap::Vcpu(vcpu) => {
                vcpu.doorbells.slots().for_each(|slot| self.slot(Ref::to_part(slot), depth - 1));
            }
            _ => {}
        }
    }
}
