// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's physical address space, as the device tree and the emulated devices both have it.
#![allow(dead_code, reason = "the build script needs only some of it")]

/// Start of RAM.
pub const RAM: u64 = 0x4000_0000;
/// The distributor, emulated.
pub const GICD: u64 = 0x0800_0000;
/// Size of the distributor.
pub const GICD_SIZE: u64 = 0x1000;
/// The CPU interface: the GICV page, mapped by the manifest.
pub const GICC: u64 = 0x0801_0000;
/// Size of the CPU interface.
pub const GICC_SIZE: u64 = 0x2000;
/// The UART, emulated.
pub const UART: u64 = 0x0900_0000;
/// Size of the UART.
pub const UART_SIZE: u64 = 0x1000;
/// The UART's SPI.
pub const UART_INTID: u16 = 33;
/// The real-time clock, emulated.
pub const CLOCK: u64 = 0x0901_0000;
/// Size of the clock.
pub const CLOCK_SIZE: u64 = 0x1000;
/// The clock's SPI.
pub const CLOCK_INTID: u16 = 34;
/// The console by Virtio, emulated. Such devices have a page each, for a doorbell is a page.
pub const VIRTIO_CONSOLE: u64 = 0x0a00_1000;
/// Size of a device on Virtio's bus.
pub const VIRTIO_SIZE: u64 = 0x200;
/// The SPI of the console by Virtio.
pub const VIRTIO_CONSOLE_INTID: u16 = 48;
/// The disk by Virtio, emulated.
pub const VIRTIO_BLOCK: u64 = 0x0a00_2000;
/// The SPI of the disk by Virtio.
pub const VIRTIO_BLOCK_INTID: u16 = 49;
/// The network card by Virtio, emulated.
pub const VIRTIO_NET: u64 = 0x0a00_3000;
/// The SPI of the network card by Virtio.
pub const VIRTIO_NET_INTID: u16 = 50;
/// The source of entropy by Virtio, emulated.
pub const VIRTIO_RNG: u64 = 0x0a00_4000;
/// The SPI of the source of entropy by Virtio.
pub const VIRTIO_RNG_INTID: u16 = 51;
/// The PPI of the virtual timer, the only one of the architected timers that a guest has: the physical one is not switched
/// and traps as undefined, the secure and the hypervisor's are not EL1's.
pub const VIRTUAL_TIMER_INTID: u16 = 27;
/// The physical timer's PPI.
pub const PHYSICAL_TIMER_INTID: u16 = 30;
/// The clock of the device tree, by which devices name it.
pub const CLOCK_PHANDLE: u32 = 2;
/// vCPUs of a VM, at most.
pub const MOST_VCPUS: usize = 4;
