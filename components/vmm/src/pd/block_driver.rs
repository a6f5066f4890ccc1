// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way to the block driver.

use super::regions;
use super::serial_driver::refuse;
use sel4_microkit::Channel;
use vmm::device::virtio::block::Backend;

/// The manifest's channel to the block driver.
pub const CHANNEL: Channel = Channel::new(1);

/// What is shared with it. A VM whose share is not as it has to be runs without a disk.
pub fn find(name: &str) -> Option<Backend<'static>> {
    regions::disk(|| CHANNEL.notify()).unwrap_or_else(|regions::Unfit| {
        refuse(format_args!(
            "{name}: no disk: what it shares with the block driver is too small, or its size is not told"
        ));
        None
    })
}
