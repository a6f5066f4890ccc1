// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `lazaret` command line.
fn main() {}
