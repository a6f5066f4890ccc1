// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the system calls do: each sends, receives, or both.

mod receive;

use crate::invocation::{How, invoke};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use sel4_abi::syscall::Syscall;

/// Bytes of `svc #0`.
pub(crate) const SVC_BYTES: u64 = 4;

impl Kernel {
    #[inline(always)]
    pub(crate) fn syscall(&self, thread: Ref<Tcb>, call: Syscall) {
        let (send, receive) = halves(call);
        if let Some((register, how)) = send {
            invoke(self, thread, thread.context.x[register].get(), how);
            // The thread may be blocked now; or the call starts over.
            if how.first_phase && thread.state.get() != ThreadState::Running {
                return;
            }
        }
        if let Some((blocking, can_reply)) = receive {
            self.receive_call(thread, blocking, can_reply);
        }
        if call == Syscall::Yield {
            self.yield_budget();
        }
    }

    /// Gives up the rest of the head refill; only what was used counts as consumed.
    fn yield_budget(&self) {
        let Some(sc) = self.cpu.current_sc.get() else { return };
        let consumed = sc.consumed.get() + self.cpu.consumed.get();
        self.charge_budget(sc, sc.head().amount.get(), false);
        sc.consumed.set(consumed);
    }
}

/// The sending half of a system call, with the register that names the object.
type Send = Option<(usize, How)>;
/// The receiving half: blocking, and with a reply object.
type Receive = Option<(bool, bool)>;

#[inline(always)]
fn halves(call: Syscall) -> (Send, Receive) {
    const SEND: How = How { call: false, blocking: true, donate: false, first_phase: false };
    const FIRST_PHASE: How = How { call: false, blocking: false, donate: true, first_phase: true };
    match call {
        Syscall::Call => (Some((0, How { call: true, donate: true, ..SEND })), None),
        Syscall::ReplyRecv => (Some((6, FIRST_PHASE)), Some((true, true))),
        Syscall::NBSendRecv => (Some((8, FIRST_PHASE)), Some((true, true))),
        Syscall::NBSendWait => (Some((6, FIRST_PHASE)), Some((true, false))),
        Syscall::Send => (Some((0, SEND)), None),
        Syscall::NBSend => (Some((0, How { blocking: false, ..SEND })), None),
        Syscall::Recv => (None, Some((true, true))),
        Syscall::NBRecv => (None, Some((false, true))),
        Syscall::Wait => (None, Some((true, false))),
        Syscall::NBWait => (None, Some((false, false))),
        _ => (None, None),
    }
}
