// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual CPUs.

use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use core::cell::Cell;

/// A virtual CPU.
#[repr(C, align(4096))]
pub struct Vcpu {
    /// Its thread.
    pub tcb: Cell<Option<Ref<Tcb>>>,
}
