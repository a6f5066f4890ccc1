// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Linux program to debug: a function to break at, a variable to watch, an end to reach.
//!
//! In 32 bits it brings its debugger along, and, called `accesses`, tries the debug registers itself. It is its own C
//! library, so that it needs no C compiler for the guest.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(all(target_os = "none", target_arch = "arm"))]
mod accesses;
#[cfg(all(target_os = "none", target_arch = "arm"))]
mod calls;
#[cfg(all(target_os = "none", target_arch = "arm"))]
mod entry;
#[cfg(all(target_os = "none", target_arch = "aarch64"))]
mod linux;
#[cfg(all(target_os = "none", target_arch = "arm"))]
mod watcher;

#[cfg(not(target_os = "none"))]
fn main() {}
