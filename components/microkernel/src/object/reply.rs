// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reply objects: who waits for a reply, and whose scheduling context goes back with it.

use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;
use core::cell::Cell;

/// A reply object; a link of a call stack when its call donated a scheduling context.
#[repr(C)]
pub struct Reply {
    /// The thread that waits for the reply, or that waits in a receive with this object.
    pub tcb: Cell<Option<Ref<Tcb>>>,
    /// The call before this one in the stack.
    pub previous: Cell<Option<Ref<Reply>>>,
    /// The call after this one in the stack.
    pub next: Cell<Option<Ref<Reply>>>,
    /// The scheduling context whose stack this is the head of.
    pub head_of: Cell<Option<Ref<SchedContext>>>,
}

const _: () = assert!(size_of::<Reply>() == 1 << sel4_sys::object::REPLY_BITS);
