// SPDX-License-Identifier: MIT OR Apache-2.0
//! What exits cost, in instructions: the same bare-metal guest under Lazaret, KVM, Xen and seL4, in the same QEMU.
//!
//! With `-icount shift=0` and a counter of 1 GHz a tick of the guest's counter is an instruction, so every run gives
//! the same figures, and a loaded machine only takes longer.
#![forbid(unsafe_code)]

pub mod chart;
pub mod differential;
pub mod execution;
pub mod goal;
pub mod growth;
pub mod kept;
pub mod linux;
pub mod many;
pub mod measured;
pub mod native;
pub mod network;
pub mod operations;
pub mod peer;
pub mod profile;
pub mod steal;
pub mod subject;
pub mod switch;
pub mod table;
pub mod unit;

pub use measured::Measured;
pub use subject::{Bench, Subject, sel4_subject};
