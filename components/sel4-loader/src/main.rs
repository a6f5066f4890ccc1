// SPDX-License-Identifier: MIT OR Apache-2.0
//! The loader as a program: an arm64 Image that a boot loader enters at EL2.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod target;

/// There is nothing to load on a host.
#[cfg(not(target_os = "none"))]
fn main() {}
