// SPDX-License-Identifier: MIT OR Apache-2.0
//! From XML elements to the model: one file per element, every fault of an element's own reported there.
//!
//! What is faulty gets a harmless stand-in and reading goes on; the model leaves `load` only without faults.

mod channel;
mod cspace;
mod domains;
mod irq;
mod map;
mod memory_region;
mod program_image;
mod protection_domain;
mod scheduling;
mod setvar;
mod system;
mod text;
mod virtual_machine;
mod x86;

pub(super) use system::read;
pub(super) use text::check as check_text;
