// SPDX-License-Identifier: MIT OR Apache-2.0
//! Proofs of the debug shim and of the VMM's handlers, by going through all cases of the production code.
//!
//! # The induction
//! An *invariant* ([`invariant`]) is written down for one core and what it can reach. It holds after boot, from whatever the
//! firmware left ([`sizes::base_case`]). From *every* state that satisfies it, reachable or not, every step ([`step`]) is
//! taken by the production code and held against the specification ([`specification`], [`judge`]), and must lead to a state
//! that satisfies it again. So it holds always, after any number of steps in any order, and with it the specification: each
//! guest finds what it would find if every vCPU had registers of its own ([`view`]). What the kernel must do
//! for that stands in one function, [`step::is_due`].
//!
//! # Why one core, the vCPU named, the owner and whoever executes are enough
//! The shim is safe code, has no statics, and its cells are in one core's [`Shim`](debug_shim::Shim) and in each vCPU's
//! [`VcpuDebug`](debug_shim::VcpuDebug). A call is given the core, a vCPU and the hardware; the only other object that it
//! can come by is the owner that the core names. Names of vCPUs are compared and nothing else. So whatever other cores and vCPUs
//! a machine has, a call neither reads nor writes them, and one with the same arguments does the same on a machine that has
//! only those. The clauses say nothing about more than one core and those vCPUs at a time, but for the two flags
//! [`elsewhere`](state::CoreState::elsewhere) and [`away`](state::CoreState::away), which stand for all other cores. A vCPU
//! whose guest executes here, but which the call is not given, keeps its state; that its registers are not disturbed is
//! checked. What the other cores rely on (what they execute is left as it is, what they own stays loaded) is checked of every
//! step. `tests/premises.rs` holds the premises against the source.
//!
//! # Why few values are enough
//! The shim moves values, clamps them, and decides nothing by them: [`renaming`] checks that. The clamps themselves are
//! compared with Arm's for every value ([`clamp`]).
//!
//! # Why small banks are enough
//! Which register is at which index matters to the lists alone, and those are gone through for all 289 sizes ([`sizes`]).
#![forbid(unsafe_code)]

pub mod arm;
pub mod candidates;
pub mod clamp;
pub mod explained;
pub mod handlers;
pub mod hardware;
pub mod induction;
pub mod invariant;
pub mod judge;
pub mod layout;
pub mod oracle;
pub mod reached;
pub mod registers;
pub mod renaming;
pub mod report;
pub mod sizes;
pub mod specification;
pub mod state;
pub mod step;
pub mod values;
pub mod view;
