// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU: starting, watching, ending.

mod lines;
mod qemu;
mod script;
mod terminal;
mod watch;

pub use qemu::Qemu;
pub use script::Script;
pub use watch::{Input, Outcome, Run, Watch};
