// SPDX-License-Identifier: MIT OR Apache-2.0
//! Endpoints: synchronous messages between threads.

use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use core::cell::Cell;

/// A queue of threads, all of which send or all of which receive; ordered by priority, then by age.
#[derive(Default)]
#[repr(C)]
pub struct Endpoint {
    /// The next to be served.
    pub head: Cell<Option<Ref<Tcb>>>,
    /// The last of the queue.
    pub tail: Cell<Option<Ref<Tcb>>>,
}

const _: () = assert!(size_of::<Endpoint>() == 1 << sel4_sys::object::ENDPOINT_BITS);
