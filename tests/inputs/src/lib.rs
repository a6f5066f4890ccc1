// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files of every kind that the tools read, changed at random, and what reads them.
#![forbid(unsafe_code)]

mod change;
mod kind;
mod reader;
mod sample;
mod trial;

pub use kind::{KINDS, Kind};
pub use trial::run;
