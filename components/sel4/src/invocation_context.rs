// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where an invocation finds the IPC buffer.

use core::cell::RefCell;

use crate::{ImplicitInvocationContext, IpcBuffer};

/// Gives access to an IPC buffer.
pub trait InvocationContext {
    /// Runs `f` with the buffer.
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T;
}

/// No buffer at all.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoInvocationContext;

impl NoInvocationContext {
    /// The only value.
    pub const fn new() -> Self {
        Self
    }
}

/// What a capability carries unless told otherwise.
pub type NoExplicitInvocationContext = ImplicitInvocationContext;

impl InvocationContext for &mut IpcBuffer {
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        f(self)
    }
}

impl<U: InvocationContext> InvocationContext for &mut U {
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        U::with_context(self, f)
    }
}

impl<U: InvocationContext> InvocationContext for &RefCell<U> {
    fn with_context<T>(&mut self, f: impl FnOnce(&mut IpcBuffer) -> T) -> T {
        U::with_context(&mut self.borrow_mut(), f)
    }
}
