// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the guest's exits were: counted by cause and outcome, the last ones one by one, in a region of memory that the
//! manifest gives for it. `lazaret trace` reads it from outside; the VMM itself never does.

pub mod format;
mod ring;

pub use format::{Cause, Outcome, Record};
pub use ring::{Note, Trace};
