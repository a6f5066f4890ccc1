// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose turn ends when a time slice does that a server has borrowed.
//!
//! The server goes on, behind others of its own priority, on the next slice. But the turn that is over is its client's:
//! else a client whose slices all end in a server would never make room for others of its priority. So the context
//! remembers it until the last of the nested calls returns, and then the client is the last of its queue. A guest whose
//! exit is answered by a wait is so when the wait ends, which may be at once.

use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;

impl SchedContext {
    /// A time slice has ended.
    pub(crate) fn end_turn(&self) {
        self.turn_over.set(self.is_lent());
    }

    /// It is with a server that somebody called.
    pub(crate) fn is_lent(&self) -> bool {
        self.reply.get().is_some()
    }

    /// Whether its thread, which can run now, has no turn any more because it ended while the context was lent. That is
    /// settled then.
    pub(crate) fn take_turn_over(&self) -> bool {
        !self.is_lent() && self.turn_over.replace(false)
    }
}

impl Kernel {
    /// A thread that can be chosen runs after all others of its priority.
    #[cold]
    pub(crate) fn run_last(&self, thread: Ref<Tcb>) {
        self.reschedule();
        self.cpu.ready.push_back(thread);
    }
}
