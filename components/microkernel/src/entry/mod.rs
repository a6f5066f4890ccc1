// SPDX-License-Identifier: MIT OR Apache-2.0
//! From an exception to what handles it, and back to a thread.
//!
//! The way of a syndrome goes in one direction, and each step either finishes the entry or has done nothing:
//!
//! 1. `vectors`: saves the registers of the current thread in its [`Context`], with ESR_EL2 and ELR_EL2 at hand.
//! 2. [`dispatch::synchronous`]: the resident pass, if a guest and its VMM have one (`fastpath::resident`).
//! 3. `dispatch::fast_path`: a fault, a Call or a ReplyRecv that has nothing special (`fastpath`).
//! 4. `dispatch::slow_path`: everything, by [`slow_path`], past the scheduler.
//! 5. `vectors`: loads the registers of the thread that the kernel is left to.
//!
//! Interrupts and SErrors go from 1 to 4 at once.

pub mod dispatch;
#[cfg(target_os = "none")]
mod panic;
pub mod slow_path;
#[cfg(target_os = "none")]
#[allow(unsafe_code)]
mod start;
#[cfg(target_os = "none")]
#[allow(unsafe_code)]
mod vectors;

#[cfg(target_os = "none")]
pub use panic::panic;
#[cfg(target_os = "none")]
pub use vectors::start_first_thread;

use crate::object::tcb::Context;

/// What is at hand when an exception of the current thread has been taken.
#[derive(Clone, Copy)]
pub struct Trap<'a> {
    /// Its registers.
    pub context: &'a Context,
    /// ESR_EL2.
    pub esr: u64,
    /// ELR_EL2: the trapped instruction, or the one behind a system call or hypercall.
    pub elr: u64,
}
