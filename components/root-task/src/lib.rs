// SPDX-License-Identifier: MIT OR Apache-2.0
//! The initial task: creates what the system specification names, and nothing else, then watches.
//!
//! It decides nothing. The command line has computed every object, slot and address; this task makes the objects
//! from the untyped memory that the kernel gives it, fills CNodes, maps frames, starts threads, and becomes the
//! *monitor*: the fault handler of every protection domain without a parent. It needs nothing beyond seL4's MCS
//! ABI; with our kernel's extension it also sees VMMs that neither fault nor answer.
//!
//! Objects sit in the root CNode at the first empty slot plus their number, so there is no table of them. Pages of
//! the image's data are handed out as they are: they lie in frames of this task's own image.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

mod audit;
mod counter;
mod cspace;
pub mod embedded;
mod failure;
mod fault_report;
mod fill;
mod fresh;
mod interrupt;
mod memory;
mod monitor;
mod object;
mod restart;
mod seed;
mod slots;
mod sum;
mod system;
#[cfg(test)]
mod tests;
mod thread;
mod ticker;
mod untyped;
mod watchdog;

pub use failure::{Cause, Failure};
pub use fault_report::{FaultReport, Registers};
pub use slots::{Image, Slots};
pub use sum::Sum;
pub use system::System;
pub use untyped::{Chunk, Pool, Step};
