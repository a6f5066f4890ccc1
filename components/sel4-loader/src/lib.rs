// SPDX-License-Identifier: MIT OR Apache-2.0
//! Starts an installed seL4: puts the kernel, its device tree and the root task where seL4's boot protocol wants them,
//! and enters the kernel at EL2 with the MMU on.
//!
//! The packer appends a [`payload::Payload`] and the three pieces to this program. Everything but `target` is pure
//! and runs on the host as well: the packer checks with the same code.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod payload;
pub mod tables;
