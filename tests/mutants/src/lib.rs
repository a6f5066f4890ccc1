// SPDX-License-Identifier: MIT OR Apache-2.0
//! Mistakes put into copies of the debug shim, the handlers, the decoder, the kernel and the VMM, one at a time: each must
//! be caught by a test or by a property of the model. It tests the tests.
//!
//! A mutant is a piece of the source and what it becomes; the piece must be there exactly once, so that a mutant
//! that no longer applies is noticed. The sources themselves are never touched.
#![forbid(unsafe_code)]

mod list;
mod mutant;
mod suite;
mod workspace;

pub use list::{all, unprovable};
pub use mutant::Mutant;
pub use suite::{Suite, Verdict};
pub use workspace::Copy;
