// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtio network card (Virtio 1.2, 5.1).
//!
//! Of `virtio-drivers` the transport and the queues are used, as in the block driver. Nothing is offloaded to the card, so
//! all headers are zeros, and frames are whole as they come.
#![allow(unsafe_code)]

use core::ptr::NonNull;
use core::sync::atomic::{Ordering::SeqCst, fence};

use network::address::Address;
use network::card::Card;
use network::frame::Frame;
use sddf_abi::net::Link;
use virtio_drivers::transport::mmio::{MmioTransport, MmioVersion};
use virtio_drivers::transport::{DeviceStatus, InterruptStatus, Transport};

use super::ring::{self, RECEIVE, Ring, SEND};

const F_ADDRESS: u64 = 1 << 5;
const F_STATUS: u64 = 1 << 16;
const F_VERSION_1: u64 = 1 << 32;

/// In what the device says about itself: its address, and a status of two bytes.
const STATUS_AT: usize = 6;
const STATUS_LINK_UP: u8 = 1;
/// Of a card that has none. It is nobody's on any wire.
const NO_ADDRESS: Address = [2, 0, 0, 0, 0, 0];

/// Bytes before each frame, for a device of the older kind and for others.
const LEGACY_HEADER_SIZE: usize = 10;
const HEADER_SIZE: usize = 12;

/// Bytes of a transport's registers, and of a page of them.
const REGISTERS_SIZE: usize = 0x200;
const PAGE_SIZE: usize = 0x1000;
const MAGIC: u32 = u32::from_le_bytes(*b"virt");
const NETWORK_DEVICE: u32 = 1;

/// Bytes of the driver's region that are needed.
pub const DMA_SIZE: usize = 2 * ring::DMA_SIZE;

/// The device.
pub struct VirtioCard {
    transport: MmioTransport<'static>,
    receive: Ring,
    send: Ring,
    features: u64,
    link: Link,
    is_broken: bool,
}

/// The first transport of a page that has a network card behind it.
pub fn find(page: NonNull<u8>) -> Option<NonNull<u8>> {
    // SAFETY: the page is one of registers, mapped for ever; these two have no effect when they are read.
    let read = |at: usize| u32::from_le(unsafe { page.byte_add(at).cast::<u32>().read_volatile() });
    let is_card = |at: &usize| read(*at) == MAGIC && read(*at + 8) == NETWORK_DEVICE;
    let at = (0..PAGE_SIZE).step_by(REGISTERS_SIZE).find(is_card)?;
    // SAFETY: within the page.
    Some(unsafe { page.byte_add(at) })
}

impl VirtioCard {
    /// Takes the device, whatever it was doing: it is reset first, after which it does nothing of that any more.
    pub fn new(registers: NonNull<u8>) -> Result<Self, &'static str> {
        // SAFETY: `find` has found a transport there, which stays mapped and is this object's alone.
        let transport = unsafe { MmioTransport::new(registers.cast(), REGISTERS_SIZE) };
        let mut transport = transport.map_err(|_| "not a transport that is known")?;
        transport.set_status(DeviceStatus::empty());
        let is_reset = (0..1_000_000).any(|_| transport.get_status() == DeviceStatus::empty());
        let features = is_reset.then(|| negotiate(&mut transport)).flatten().ok_or("it cannot be reset")?;
        let header_size = if features & F_VERSION_1 != 0 { HEADER_SIZE } else { LEGACY_HEADER_SIZE };
        let no_room = "no room for its queues";
        let mut receive = Ring::new(&mut transport, RECEIVE, header_size).ok_or(no_room)?;
        let mut send = Ring::new(&mut transport, SEND, header_size).ok_or(no_room)?;
        transport.finish_init();
        // If that changes from now on there is an interrupt.
        let link = link(&transport, features).ok_or("it does not know its address")?;
        while receive.offer() {}
        receive.flush(&mut transport);
        // Nobody asks yet when a frame is out.
        send.set_interrupts(false);
        Ok(Self { transport, receive, send, features, link, is_broken: false })
    }

    /// Takes the interrupt back. Whoever waits for room asks again, and is not told otherwise.
    pub fn acknowledge(&mut self) {
        let why = self.transport.ack_interrupt();
        self.send.set_interrupts(false);
        if why.contains(InterruptStatus::DEVICE_CONFIGURATION_INTERRUPT) && !self.is_broken {
            self.look_at_wire();
        }
    }

    /// What the card says of itself has changed: its wire, or that it cannot go on.
    fn look_at_wire(&mut self) {
        if self.transport.get_status().contains(DeviceStatus::DEVICE_NEEDS_RESET) {
            self.give_up();
        } else if let Some(Link { is_up, .. }) = link(&self.transport, self.features) {
            self.link.is_up = is_up;
        }
    }

    /// Takes back what is out.
    fn reclaim(&mut self) {
        while let Some(end) = self.send.end() {
            if end.is_err() {
                return self.give_up();
            }
        }
    }

    /// A device that answers what nobody has asked is not used any more.
    fn give_up(&mut self) {
        sel4_microkit::debug_println!("network: the card does not do as it should: it is not used any more");
        self.transport.set_status(DeviceStatus::empty());
        self.link.is_up = false;
        self.is_broken = true;
    }
}

impl Card for VirtioCard {
    fn link(&self) -> Option<Link> {
        Some(self.link)
    }

    fn has_room(&mut self) -> bool {
        if self.send.has_room() || self.is_broken {
            return true;
        }
        self.reclaim();
        if self.send.has_room() || self.is_broken {
            return true;
        }
        // What ends from now on is an interrupt; what has ended before is seen here.
        self.send.set_interrupts(true);
        fence(SeqCst);
        self.reclaim();
        self.send.has_room() || self.is_broken
    }

    fn send(&mut self, frame: &Frame<'_>) {
        if !self.is_broken {
            self.send.send(frame);
        }
    }

    fn receive(&mut self, take: impl FnOnce(&Frame<'_>)) -> bool {
        if self.is_broken {
            return false;
        }
        match self.receive.end() {
            Some(Ok((slot, length))) => {
                // What has no frame's length is for nobody.
                if let Some(frame) = Frame::new(&slot.frame, length) {
                    take(&frame);
                }
                self.receive.offer();
                true
            }
            Some(Err(_)) => {
                self.give_up();
                false
            }
            None => false,
        }
    }

    fn flush(&mut self) {
        if !self.is_broken {
            self.receive.flush(&mut self.transport);
            self.send.flush(&mut self.transport);
        }
    }
}

/// The features that both know; none if the device insists on others.
fn negotiate(transport: &mut MmioTransport<'static>) -> Option<u64> {
    let known = DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER;
    transport.set_status(known);
    let features = transport.read_device_features() & (F_ADDRESS | F_STATUS | F_VERSION_1);
    transport.write_driver_features(features);
    transport.set_status(known | DeviceStatus::FEATURES_OK);
    transport.set_guest_page_size(PAGE_SIZE as u32);
    // The older kind of transport has no word in this.
    let is_agreed = transport.get_status().contains(DeviceStatus::FEATURES_OK);
    (is_agreed || transport.version() == MmioVersion::Legacy).then_some(features)
}

/// What it says of itself. A card that says nothing of its wire has one.
fn link(transport: &MmioTransport<'static>, features: u64) -> Option<Link> {
    let byte = |at: usize| transport.read_config_space::<u8>(at).ok();
    let mut address = NO_ADDRESS;
    if features & F_ADDRESS != 0 {
        for (at, place) in address.iter_mut().enumerate() {
            *place = byte(at)?;
        }
    }
    let is_up = features & F_STATUS == 0 || byte(STATUS_AT)? & STATUS_LINK_UP != 0;
    Some(Link { address, is_up })
}
