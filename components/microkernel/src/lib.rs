// SPDX-License-Identifier: MIT OR Apache-2.0
//! The microkernel: seL4's MCS API at EL2, with an unprivileged VMM doing everything else.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

pub mod arch;
pub mod board;
pub mod boot;
pub mod cap;
pub mod config;
pub mod cspace;
pub mod debug;
pub mod fault;
pub mod invocation;
mod ipc;
pub mod kernel;
pub mod object;
pub mod payload;
pub mod sched;
pub mod syscall;
#[cfg(test)]
mod tests;
