// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of an installed seL4 (the `SEL4_PREFIX` layout), for build scripts and for the command line: what its
//! configuration says, and which labels its invocations have.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod interface;
mod options;

pub use interface::{INTERFACE_FILES, labels};
pub use options::Options;

/// Where everything is that the crates are made from, below the prefix.
pub const HEADERS: &str = "libsel4/include";
/// The kernel's configuration, below the prefix.
pub const CONFIGURATION: &str = "libsel4/include/kernel/gen_config.json";
