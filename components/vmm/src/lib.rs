// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual machine monitor of one VM: an unprivileged protection domain.
//!
//! The kernel turns each exit of the guest into a fault message; [`vm::Vm`] answers it. Everything here is plain
//! data and functions over the [`vcpu::KernelVcpu`] trait, so all of it runs and is tested on the host; the program in
//! `main.rs` puts the system calls behind that trait. Nothing allocates, and nothing a guest does may panic.
//!
//! # What a guest finds
//! | address | device | interrupt |
//! |---|---|---|
//! | `0x0800_0000` | GICv2 distributor, emulated ([`device::gic`]) | |
//! | `0x0801_0000` | GICv2 CPU interface, the hardware's GICV page | |
//! | `0x0900_0000` | PL011, emulated ([`device::pl011`]) | SPI 1 (33) |
//! | `0x0901_0000` | PL031, emulated ([`device::pl031`]) | SPI 2 (34) |
//! | `0x0a00_1000` | console by Virtio ([`device::virtio::console`]) | SPI 16 (48) |
//! | `0x0a00_2000` | disk by Virtio, if the VM has one ([`device::virtio::block`]) | SPI 17 (49) |
//! | `0x0a00_3000` | network card by Virtio, if the VM has one ([`device::virtio::net`]) | SPI 18 (50) |
//! | `0x0a00_4000` | entropy by Virtio, if the VM has a seed ([`device::virtio::rng`]) | SPI 19 (51) |
//! | `0x4000_0000` | RAM | |
//! | | virtual timer | PPI 11 (27) |
//! | | PSCI 1.1 by HVC or SMC ([`exit::call`]) | |
//!
//! # What an exit becomes
//! | exit | answer |
//! |---|---|
//! | load or store at a device | the device's, of one register or several, general or vector, with its write-back |
//! | load or store exclusive, atomic operation at a device | data abort: unsupported |
//! | cache maintenance by address at a device | nothing |
//! | load, store, fetch or table walk where nothing is | external abort in the guest, one log line |
//! | MSR or MRS of a debug, PMU or ID register | its row in `arm_trap_table::TRAP_TABLE` |
//! | ACTLR_EL1, cache maintenance by set and way | reads zero, does nothing |
//! | any other MSR or MRS | undefined instruction in the guest, one log line |
//! | WFI | the vCPU waits for an interrupt or its timer; others run |
//! | WFE | goes on |
//! | HVC, SMC | PSCI; an unknown function answers NOT_SUPPORTED |
//! | VGICMaintenance, VPPIEvent | list registers are filled anew |
#![cfg_attr(not(any(test, feature = "fake")), no_std)]
#![forbid(unsafe_code)]

#[cfg(any(test, feature = "fake"))]
extern crate std;

pub mod boot;
mod bus;
pub mod config;
pub mod console;
mod debugger;
pub mod device;
pub mod exit;
pub mod guest_map;
pub mod guest_ram;
pub mod log;
pub mod stage1;
pub mod state;
pub mod trace;
pub mod vcpu;
pub mod vm;

#[cfg(any(test, feature = "fake"))]
pub mod fake;
