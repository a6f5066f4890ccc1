// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver as a protection domain.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod target;

/// On a host there is no UART.
#[cfg(not(target_os = "none"))]
fn main() {}
