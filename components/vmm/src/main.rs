// SPDX-License-Identifier: MIT OR Apache-2.0
//! The VMM as a protection domain: system calls, shared memory and the main loop around [`vmm::vm::Vm`].
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod pd;

/// On a host there is nothing to monitor.
#[cfg(not(target_os = "none"))]
fn main() {}
