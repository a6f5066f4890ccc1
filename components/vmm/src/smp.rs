// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VMM of a VM with several vCPUs: the same program with room for more of them.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
#[path = "pd/mod.rs"]
mod pd;

/// On a host there is nothing to monitor.
#[cfg(not(target_os = "none"))]
fn main() {}
