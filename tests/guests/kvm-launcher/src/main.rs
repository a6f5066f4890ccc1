// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a bare-metal guest under KVM: `/init` of an initramfs, without a C library.
//!
//! The guest finds what it finds under Lazaret: RAM at `0x4000_0000`, a GICv2 (in the kernel), a PL011 (here), PSCI by
//! HVC (in the kernel), and the device tree that Lazaret's VMM gives. `/guest.img` and `/guest.dtb` are the guest.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod kvm;
#[cfg(target_os = "none")]
mod linux;
#[cfg(target_os = "none")]
mod machine;

#[cfg(not(target_os = "none"))]
fn main() {}
