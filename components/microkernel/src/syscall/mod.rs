// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries into the kernel. The architecture's code saves the registers of the current thread in its
//! [`Context`](crate::object::tcb::Context), calls one of these, and resumes [`Kernel::current`].

use crate::fault::Fault;
use crate::kernel::Kernel;

/// `svc #0` by the current thread; `elr` is the address after it.
pub fn handle_syscall(_kernel: &Kernel) {}

/// An exception of the current thread that is not a system call; `elr` is the address of the instruction.
pub fn handle_fault(_kernel: &Kernel, _fault: Fault) {}

/// An interrupt, already acknowledged at the controller; ends it there as well.
pub fn handle_interrupt(_kernel: &Kernel, _irq: u16) {}
