// SPDX-License-Identifier: MIT OR Apache-2.0
//! Emulated devices: a file each, and a row each in the table below. A device is pure: a read or write in, a value or an
//! interrupt line out.

pub mod gic;
pub mod pl011;
pub mod pl031;
pub mod virtio;

use crate::boot::Seed;
use crate::bus::{MmioDevice, devices};
use crate::console::{Console, Serial};
use crate::guest_map::{
    CLOCK, CLOCK_INTID, CLOCK_SIZE, GICD, GICD_SIZE, UART, UART_INTID, UART_SIZE, VIRTIO_BLOCK, VIRTIO_BLOCK_INTID,
    VIRTIO_CONSOLE, VIRTIO_CONSOLE_INTID, VIRTIO_NET, VIRTIO_NET_INTID, VIRTIO_RNG, VIRTIO_RNG_INTID, VIRTIO_SIZE,
};
use crate::guest_ram::GuestRam;
use crate::log::Log;
use gic::{Gic, Inject};
use pl011::Pl011;
use pl031::Pl031;
use virtio::block::{self, VirtioBlock};
use virtio::console::VirtioConsole;
use virtio::net::{self, VirtioNet};
use virtio::rng::VirtioRng;

devices! {
    /// The console's UART.
    uart: Pl011 at UART, UART_SIZE, Some(UART_INTID);
    /// The real-time clock.
    clock: Pl031 at CLOCK, CLOCK_SIZE, Some(CLOCK_INTID);
    /// The interrupt controller; its CPU interface is the hardware's.
    gic: Gic at GICD, GICD_SIZE, None;
    /// The console by Virtio.
    virtio_console: VirtioConsole at VIRTIO_CONSOLE, VIRTIO_SIZE, Some(VIRTIO_CONSOLE_INTID);
    /// The disk by Virtio.
    virtio_block: VirtioBlock at VIRTIO_BLOCK, VIRTIO_SIZE, Some(VIRTIO_BLOCK_INTID);
    /// The network card by Virtio.
    virtio_net: VirtioNet at VIRTIO_NET, VIRTIO_SIZE, Some(VIRTIO_NET_INTID);
    /// The source of entropy by Virtio.
    virtio_rng: VirtioRng at VIRTIO_RNG, VIRTIO_SIZE, Some(VIRTIO_RNG_INTID);
}

/// A clock that counts seconds: the board's, or one that began when the board was started.
pub type Seconds = fn() -> u32;

/// What is behind the devices, lent to one for an access.
pub struct Outside<'o, 'a, S> {
    /// The way to the serial driver.
    pub console: &'o mut Console<'a, S>,
    /// The way to the interfaces of the interrupt controller.
    pub port: &'o mut dyn Inject,
    /// Seconds of the board's clock.
    pub seconds: Seconds,
    /// For devices that work by themselves.
    pub backing: &'o mut Backing<'a>,
}

/// What a device needs that works by itself. It is one word of [`Outside`], because most accesses have no use for it.
pub struct Backing<'a> {
    /// The guest's RAM.
    pub ram: GuestRam<'a>,
    /// What is behind the disk, if there is one.
    pub disk: Option<block::Backend<'a>>,
    /// What is behind the network card, if there is one.
    pub network: Option<net::Backend<'a>>,
    /// The VM's entropy, if there is any.
    pub seed: Option<Seed>,
    /// For what a guest's driver does that none does.
    pub log: Log<'a>,
    /// The VM's name, for the log.
    pub name: &'a str,
}
