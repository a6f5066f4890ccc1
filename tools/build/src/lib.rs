// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a description to an image that can be started: builds the programs, fetches the guests, plans, packs; for our
//! kernel or for a seL4 that somebody else built.
#![forbid(unsafe_code)]

mod debug_line;
mod input;
mod made;
mod request;
pub mod sel4;
pub mod system;
pub mod target;

pub use input::Input;
pub use made::MADE;
pub use request::Request;
pub use system::Built;
