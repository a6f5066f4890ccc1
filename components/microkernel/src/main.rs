// SPDX-License-Identifier: MIT OR Apache-2.0
//! The microkernel's image: everything is in the library; this file gives it a linked binary and a panic handler.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
use microkernel as _;

/// There is nothing to run on a host.
#[cfg(not(target_os = "none"))]
fn main() {}

/// A bug of the kernel: says where and stops.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    microkernel::entry::panic(info)
}
