// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's binary; see the library.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
use bare_aarch32 as _;

#[cfg(not(target_os = "none"))]
fn main() {}
