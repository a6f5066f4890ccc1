// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU: starting, watching, ending.

mod lines;
mod monitor;
mod qemu;
mod script;
pub mod serial;
mod terminal;
mod watch;

pub use lines::rejoin;
pub use monitor::{Monitor, Session};
pub use qemu::Qemu;
pub use script::Script;
pub use watch::{Input, Outcome, Run, Watch};
