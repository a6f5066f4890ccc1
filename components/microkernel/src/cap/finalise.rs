// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes with a capability: with the last one of an object, everything that hangs on the object.

use super::{Cap, Slot, ZombieCap, ZombieKind};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{TCB_SLOTS, Tcb};
use crate::object::{asid, frame, page_table, vcpu};

/// What a slot holds after [`Kernel::finalise`].
pub(super) enum Remainder {
    /// The slot can be emptied.
    Nothing,
    /// The object's own slots come first.
    Zombie(ZombieCap),
}

impl Kernel {
    /// Detaches the object from the rest of the kernel if this is its `last` capability.
    pub(super) fn finalise(&self, slot: Ref<Slot>, last: bool) -> Remainder {
        match slot.cap() {
            Cap::Zombie(zombie) => return Remainder::Zombie(zombie),
            // Each frame capability has its own mapping.
            Cap::Frame(frame) => frame::unmap(self, &frame),
            _ if !last => {}
            Cap::Endpoint { object, .. } => self.cancel_all_ipc(object),
            Cap::Notification { object, .. } => self.finalise_notification(object),
            Cap::Reply { object, .. } => self.finalise_reply(object),
            Cap::SchedContext { object, .. } => self.finalise_sched_context(object),
            Cap::IrqHandler(irq) => self.clear_irq_notification(irq),
            Cap::CNode(cnode) => {
                let kind = ZombieKind::CNode(cnode.radix);
                return Remainder::Zombie(ZombieCap { slots: cnode.slots, count: 1 << cnode.radix, kind });
            }
            Cap::Thread(thread) => return Remainder::Zombie(self.finalise_thread(thread)),
            Cap::PageTable { object, mapping: Some(mapping) } => page_table::unmap(self, object, mapping),
            Cap::VSpace { object, asid } if asid != 0 => asid::delete(self, asid, object),
            Cap::AsidPool { object, base } => asid::delete_pool(self, base, object),
            Cap::Vcpu(object) => vcpu::finalise(self, object),
            Cap::PageTable { .. }
            | Cap::VSpace { .. }
            | Cap::Null
            | Cap::Untyped(_)
            | Cap::SchedControl
            | Cap::IrqControl
            | Cap::Domain
            | Cap::AsidControl => {}
        }
        Remainder::Nothing
    }

    fn finalise_thread(&self, thread: Ref<Tcb>) -> ZombieCap {
        self.unbind_notification(thread);
        if let Some(sc) = thread.sched_context.get() {
            self.unbind_thread(sc);
        }
        self.suspend(thread);
        vcpu::dissociate_thread(self, thread);
        ZombieCap { slots: thread.slots(), count: TCB_SLOTS as u64, kind: ZombieKind::Tcb }
    }
}
