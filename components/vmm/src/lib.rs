// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual machine monitor of one VM: an unprivileged protection domain.
//!
//! The kernel turns each exit of the guest into a fault message; [`vm::Vm`] answers it. Everything here is plain
//! data and functions over the [`vcpu::Vcpu`] trait, so all of it runs and is tested on the host; the program in
//! `main.rs` puts the system calls behind that trait. Nothing allocates, and nothing a guest does may panic.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod boot;
pub mod config;
pub mod console;
pub mod device;
pub mod exit;
pub mod frame;
pub mod guest_map;
pub mod guest_ram;
mod inject;
pub mod psci;
mod reset;
mod trap;
pub mod vcpu;
pub mod vm;

#[cfg(test)]
mod fake;
