// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same registers in AArch32: tables for MCR and MRC, and for MCRR and MRRC, of coprocessors 14 and 15.
//!
//! A row says how its register is made of the AArch64 state; nothing is kept twice. What has no row is undefined, and so
//! are LDC and STC of the debug channel: nobody is at its other end.

mod cp14;
mod cp15;
mod difference;
mod documentation;
mod handler;
mod row;

pub use cp14::{CP14, CP14_WIDE};
pub use cp15::{CP15, CP15_WIDE, feature_of_vmrs};
pub use difference::DIFFERENCES32;
pub(crate) use documentation::{Names, Section};
pub use handler::Handler32;
pub use row::{Row32, lookup, lookup_wide, resolve};
