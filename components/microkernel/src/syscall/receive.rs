// SPDX-License-Identifier: MIT OR Apache-2.0
//! The receiving half of system calls.

use crate::cap::Cap;
use crate::cspace::{LookupFailure, lookup_slot};
use crate::fault::Fault;
use crate::invariants::before_receive;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::tcb::Tcb;

impl Kernel {
    /// Recv, Wait and their kin: the object is in x0, the reply object, where the call has one, in x6.
    #[inline]
    pub(super) fn receive_call(&self, thread: Ref<Tcb>, blocking: bool, can_reply: bool) {
        if let Err(fault) = self.try_receive(thread, blocking, can_reply) {
            self.fault(thread, fault);
        }
    }

    #[inline]
    fn try_receive(&self, thread: Ref<Tcb>, blocking: bool, can_reply: bool) -> Result<(), Fault> {
        let pointer = thread.context.x[0].get();
        let failed = |failure| Fault::CapFault { addr: pointer, in_receive: true, failure };
        let slot = lookup_slot(thread, pointer).map_err(failed)?;
        if let Some((object, _, rights)) = slot.endpoint()
            && rights.read()
        {
            let reply = if can_reply { Some(lookup_reply(thread)?) } else { None };
            before_receive(thread, reply, blocking);
            self.receive(thread, object, reply, blocking);
            return Ok(());
        }
        match slot.cap() {
            Cap::Notification { object, rights, .. } if rights.read() && object.is_open_to(thread) => {
                before_receive(thread, None, blocking);
                self.wait(thread, object, blocking);
                Ok(())
            }
            _ => Err(failed(LookupFailure::MissingCapability { bits_left: 0 })),
        }
    }
}

#[inline(always)]
fn lookup_reply(thread: Ref<Tcb>) -> Result<Ref<Reply>, Fault> {
    let addr = thread.context.x[6].get();
    let failed = |failure| Fault::CapFault { addr, in_receive: true, failure };
    let reply = lookup_slot(thread, addr).map_err(failed)?.reply();
    reply.map(|(object, _)| object).ok_or(failed(LookupFailure::MissingCapability { bits_left: 0 }))
}
