// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Linux program to debug: a function to break at, a variable to watch, an end to reach.
//!
//! It is its own C library, so that it needs no arm64 C compiler.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod linux;

#[cfg(not(target_os = "none"))]
fn main() {}
