// SPDX-License-Identifier: MIT OR Apache-2.0
//! Protection domains that check what Microkit promises: calls, signals, passive domains, children, faults. Some are
//! clients of a driver.
//!
//! One program; the domain's name says which part it plays. A part that has seen all that it expects prints
//! `NAME: PASS`.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod echo;
#[cfg(target_os = "none")]
mod fault;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod observer;
#[cfg(target_os = "none")]
mod role;
#[cfg(target_os = "none")]
mod shifter;

/// Nothing to do on a host.
#[cfg(not(target_os = "none"))]
fn main() {}
