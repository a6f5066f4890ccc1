// SPDX-License-Identifier: MIT OR Apache-2.0
#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod feature;
pub mod memory;
pub mod queue;
pub mod transport;

use core::ops::Deref;

/// State that is read freely and changed through a door of its own: whoever keeps it may have to note the change.
pub trait Kept: Deref {
    /// Change it.
    fn change(&mut self) -> &mut Self::Target;
}

impl<T> Kept for &mut T {
    fn change(&mut self) -> &mut T {
        self
    }
}

#[cfg(test)]
mod tests;
