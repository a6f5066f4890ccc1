// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the runtimes of a root task and of a protection domain have in common: the stack that a program brings, how it
//! ends, and the linker script.
//!
//! `sel4-root-task` and `sel4-microkit` build on this crate; programs link those two and never this one by name.
#![no_std]
#![deny(unsafe_code)]
#![deny(missing_docs)]

mod stack;
mod stop;

pub use stack::{Stack, StackTop};
#[cfg(target_os = "none")]
pub use stop::stop;
