// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine that a system runs on: QEMU, started, watched and ended; a real board, from the folder that goes onto its
//! card to its console on a serial line.
#![forbid(unsafe_code)]

pub mod card;
mod clock;
pub mod console;
mod debug_line;
mod debugger;
mod drive;
pub mod interrupt;
mod lines;
mod monitor;
mod network;
mod patience;
mod private_folder;
mod process;
mod qemu;
mod run;
mod script;
pub mod serial;
mod terminal;
mod watch;

pub use clock::Clock;
pub use debug_line::{DebugLine, DebugPort};
pub use debugger::{Beginning, Debugger};
pub use drive::Drive;
pub use lines::rejoin;
pub use monitor::{Monitor, Session};
pub use network::{Forward, user as user_network};
pub use patience::{Patience, work};
pub use private_folder::PrivateFolder;
pub use process::Process;
pub use qemu::Qemu;
pub use run::{Run, RunEnd};
pub use script::Script;
pub use watch::{Hear, Input, Watch};
