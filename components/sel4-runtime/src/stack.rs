// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stack of a program's one thread.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;

/// A stack of `N` bytes; of no bytes where whoever loads the program maps one.
#[repr(C, align(16))]
pub struct Stack<const N: usize>(UnsafeCell<[u8; N]>);

// SAFETY: only the entry code uses it, once, as the one thread's stack.
unsafe impl<const N: usize> Sync for Stack<N> {}

impl<const N: usize> Stack<N> {
    /// A stack of zeros; `N` must be a multiple of 16, as the architecture wants of a stack pointer.
    #[allow(clippy::new_without_default, reason = "const, and only for the macros")]
    pub const fn new() -> Self {
        const { assert!(N.is_multiple_of(16)) };
        Self(UnsafeCell::new([0; N]))
    }

    /// The initial stack pointer: one past the last byte, or null for a stack of no bytes.
    pub const fn top(&'static self) -> StackTop {
        if N == 0 {
            return StackTop(core::ptr::null_mut());
        }
        // SAFETY: one past the end of the same object.
        StackTop(unsafe { self.0.get().cast::<u8>().add(N) })
    }
}

/// An initial stack pointer, where the entry code finds it by the name of a static.
#[repr(transparent)]
pub struct StackTop(#[allow(dead_code, reason = "read by the entry code")] *mut u8);

// SAFETY: never written.
unsafe impl Sync for StackTop {}
