// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calling thread's IPC buffer: TPIDR_EL0 holds its address, and 0 while it is borrowed.
#![allow(unsafe_code)]

use crate::{InvocationContext, IpcBuffer};

#[cfg(target_os = "none")]
mod register {
    pub fn get() -> usize {
        let value;
        // SAFETY: reads this thread's own register.
        unsafe { core::arch::asm!("mrs {}, tpidr_el0", out(reg) value, options(nomem, nostack, preserves_flags)) };
        value
    }

    pub fn set(value: usize) {
        // SAFETY: nothing but this module uses the register.
        unsafe { core::arch::asm!("msr tpidr_el0, {}", in(reg) value, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(target_os = "none"))]
mod register {
    use core::cell::Cell;
    use std::{boxed::Box, thread_local};

    thread_local! {
        /// Host threads get a buffer when they first ask.
        static FRAME: Cell<usize> = Cell::new(Box::into_raw(Box::new(crate::IpcBuffer::default())) as usize);
        /// 0 while it is borrowed; the kernel knows the buffer anyway.
        static TPIDR: Cell<usize> = Cell::new(FRAME.get());
    }

    pub fn get() -> usize {
        TPIDR.get()
    }

    pub fn set(value: usize) {
        if value != 0 {
            FRAME.set(value);
        }
        TPIDR.set(value)
    }

    pub fn frame() -> usize {
        FRAME.get()
    }
}

/// Makes `ipc_buffer` the calling thread's.
pub fn set_ipc_buffer(ipc_buffer: &'static mut IpcBuffer) {
    register::set(ipc_buffer as *mut IpcBuffer as usize);
}

/// Gives the buffer back when the borrower is done.
struct Loan(usize);

impl Loan {
    fn take() -> Self {
        let address = register::get();
        assert!(address != 0, "no IPC buffer, or already borrowed");
        register::set(0);
        Self(address)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        register::set(self.0);
    }
}

/// Runs `f` with the calling thread's IPC buffer. No capability may be invoked inside.
#[inline]
pub fn with_ipc_buffer<T>(f: impl FnOnce(&IpcBuffer) -> T) -> T {
    with_ipc_buffer_mut(|ipc_buffer| f(ipc_buffer))
}

/// Runs `f` with the calling thread's IPC buffer. No capability may be invoked inside.
#[inline]
pub fn with_ipc_buffer_mut<T>(f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
    let loan = Loan::take();
    // SAFETY: the address came in as `&'static mut`, and the loan says that nobody else uses it now.
    f(unsafe { &mut *(loan.0 as *mut IpcBuffer) })
}

/// The buffer as the kernel sees it during a system call, borrowed or not.
#[cfg(not(target_os = "none"))]
pub(crate) fn as_kernel<T>(f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
    // SAFETY: the caller waits in the system call; explicit contexts pass a buffer that is not this one, and see
    // the words in registers only.
    f(unsafe { &mut *(register::frame() as *mut IpcBuffer) })
}

/// The calling thread's IPC buffer as an invocation context.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImplicitInvocationContext;

impl ImplicitInvocationContext {
    /// The only value.
    pub const fn new() -> Self {
        Self
    }
}

impl InvocationContext for ImplicitInvocationContext {
    #[inline]
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        with_ipc_buffer_mut(f)
    }
}
