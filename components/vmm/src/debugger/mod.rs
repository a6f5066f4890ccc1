// SPDX-License-Identifier: MIT OR Apache-2.0
//! A debugger from outside, beside the guest's own.
//!
//! While one is attached, the kernel gives the VMM all debug exceptions of the guest, and every access to a debug register
//! traps. The VMM keeps what the guest has in its registers ([`guest_bank`]) and what the debugger wants ([`points`]),
//! puts on the hardware what serves both ([`merge`]), decides whose an exception is ([`exception`], [`matching`]), and gives the
//! guest its own as hardware would have. The debugger is gdb, which talks to the [`stub`] on a line of its own.
//!
//! All that lasts is in the state region, and the stub remembers nothing between two packets, so a VMM that dies ends no
//! session. A program without the feature `debugger` has none of this ([`absent`]).

#[cfg(not(any(test, feature = "debugger")))]
mod absent;
#[cfg(any(test, feature = "debugger"))]
mod attach;
#[cfg(any(test, feature = "debugger"))]
mod backend;
#[cfg(any(test, feature = "debugger"))]
mod exception;
#[cfg(any(test, feature = "debugger"))]
mod guest_bank;
#[cfg(any(test, feature = "debugger"))]
mod line;
#[cfg(any(test, feature = "debugger"))]
mod matching;
#[cfg(any(test, feature = "debugger"))]
mod merge;
#[cfg(any(test, feature = "debugger"))]
mod points;
#[cfg(any(test, feature = "debugger"))]
mod run;
#[cfg(any(test, feature = "debugger"))]
mod session;
#[cfg(any(test, feature = "debugger"))]
mod stub;

#[cfg(not(any(test, feature = "debugger")))]
pub(crate) use absent::{Debugger, DebuggerMemory};
#[cfg(any(test, feature = "debugger"))]
pub(crate) use session::{Debugger, DebuggerMemory};
#[cfg(any(test, feature = "debugger"))]
pub(crate) use {
    matching::Accessed,
    points::{LOADS, STORES},
};

#[cfg(test)]
mod tests;
