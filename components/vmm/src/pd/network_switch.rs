// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way to the switch.

use super::regions;
use super::serial_driver::refuse;
use sel4_microkit::Channel;
use vmm::device::virtio::net::Backend;

/// The manifest's channel to the switch.
pub const CHANNEL: Channel = Channel::new(2);

/// What is shared with it. A VM whose share is not as it has to be runs without a network.
pub fn find(name: &str) -> Option<Backend<'static>> {
    regions::network(|| CHANNEL.notify()).unwrap_or_else(|regions::Unfit| {
        refuse(format_args!(
            "{name}: no network: what it shares with the switch is too small, or its size is not told"
        ));
        None
    })
}
