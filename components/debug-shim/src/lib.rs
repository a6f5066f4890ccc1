// SPDX-License-Identifier: MIT OR Apache-2.0
//! The debug shim: the only privileged code that names a debug register.
//!
//! A pure state machine over [`DebugHardware`]. The microkernel owns one [`Shim`] per core and one [`VcpuDebug`] in
//! each VCPU object; its assembly sits behind the trait. Tests and the model checker run this very code over a fake.
//!
//! # When the kernel calls it
//! | moment | call |
//! |---|---|
//! | once per core, before any guest | [`Shim::init_core`] |
//! | about to run a guest | [`Shim::enter`], or [`Shim::enter_ready`] if it is [`Shim::ready`]: either gives a [`MayRun`] |
//! | the core stops running that guest: a native thread, another vCPU or idle comes next | [`Shim::leave_to_native`] |
//! | an invocation on the VCPU capability | [`Shim::read`], [`Shim::write`], [`Shim::flag_dirty`], [`Shim::status`] |
//! | the vCPU is about to run on another core | [`Shim::evict`] on the core that holds its bank |
//! | VCPU object deleted, revoked or reset | [`Shim::release`] |
//! | kernel panic | [`Shim::disarm`] |
//!
//! # What holds (names as in `docs`: P1 to P19)
//! Between `leave_to_native` and `enter`, `MDSCR_EL1` is 0 and `MDCR_EL2.TDA` is 1; the bank stays where it is. So a
//! guest without debug state needs no work at resume, and no guest's breakpoint can fire in anybody else.
#![cfg_attr(not(any(test, feature = "fake")), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod bank;
mod clamp;
mod counts;
mod hardware;
mod invocation;
pub mod mdcr_el2;
pub mod mdscr_el1;
mod ownership;
mod shim;
mod vcpu;

#[cfg(any(test, feature = "fake"))]
pub mod fake;
#[cfg(test)]
mod tests;

pub use clamp::{bcr as clamp_bcr, wcr as clamp_wcr};
pub use counts::{Counts, MAX_PER_KIND, has_pmu};
pub use hardware::{DebugHardware, Register};
pub use lazaret_abi::{DEBUG_STATUS_WORDS, DebugRegister, DebugStatus};
pub use shim::{Armed, Error, Handle, MayRun, Ready, Shim};
pub use vcpu::{Hazards, State, VcpuDebug};
