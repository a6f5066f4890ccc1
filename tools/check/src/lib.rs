// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything that can be known of a system before it is built or started. `check` and `build` refuse the same systems.
#![forbid(unsafe_code)]

mod payload;
mod start;
mod verdict;
mod verify;

pub use verdict::{Options, Summary, run};
pub use verify::{Verified, load};
