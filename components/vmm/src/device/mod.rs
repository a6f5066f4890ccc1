// SPDX-License-Identifier: MIT OR Apache-2.0
//! Emulated devices, each pure: a read or write in, a value or an interrupt line out.

pub mod pl011;
pub mod vgic;
