// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VMM of a VM that a debugger may look into: the same program with a stub for gdb.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
#[path = "pd/mod.rs"]
mod pd;

/// On a host there is nothing to monitor.
#[cfg(not(target_os = "none"))]
fn main() {}
