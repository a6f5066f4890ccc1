// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices by Virtio: a file for each type. The crate `virtio` does what they have in common; here is how its state is
//! kept and what the driver's memory is.

pub mod block;
mod cell;
pub mod console;
mod device;
pub mod net;
pub mod rng;

use crate::bus::Node;
use crate::guest_map::RAM;
use crate::guest_ram::GuestRam;
use crate::state::{Content, Section};
use virtio::Kept;
use virtio::memory::Memory;
use virtio::queue::QueueState;
use virtio::transport::TransportState;

/// The device id of a transport with nothing behind it (Virtio 1.2, section 4.2.2): its driver leaves it alone.
const NO_DEVICE: u32 = 0;

/// The node of any of them: what it is, its driver reads from it.
const NODE: Node = Node { name: "virtio_mmio", compatible: &["virtio,mmio"], clocks: &[], is_coherent: true };

impl Content for TransportState {
    const NAME: &'static str = "virtio transport";

    fn new() -> Self {
        Self::default()
    }
}

impl Content for QueueState {
    const NAME: &'static str = "virtio queue";

    fn new() -> Self {
        Self::default()
    }
}

impl<T: Content> Kept for Section<'_, T> {
    fn change(&mut self) -> &mut T {
        Section::change(self)
    }
}

/// By guest-physical addresses.
impl Memory for GuestRam<'_> {
    fn has(&self, address: u64, length: u64) -> bool {
        let end = address.checked_sub(RAM).and_then(|offset| offset.checked_add(length));
        end.is_some_and(|end| end <= self.size())
    }

    fn read(&self, address: u64, bytes: &mut [u8]) -> bool {
        address.checked_sub(RAM).is_some_and(|offset| GuestRam::read(self, offset, bytes))
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        #[cfg(test)]
        crate::fake::crash_point();
        let is_there = address.checked_sub(RAM).is_some_and(|offset| GuestRam::write(self, offset, bytes));
        #[cfg(test)]
        crate::fake::crash_point();
        is_there
    }
}
