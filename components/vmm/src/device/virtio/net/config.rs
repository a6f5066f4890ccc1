// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a driver reads of the network card (Virtio 1.2, section 5.1.4).

use crate::device::virtio::NO_DEVICE;
use crate::device::virtio::device::load;
use sddf_abi::net::{ADDRESS_LENGTH, Link};
use virtio::transport::Identity;

/// Section 5.
const NETWORK: u32 = 1;

/// Features: it has an address of its own; it says whether the link is up.
const MAC: u64 = 1 << 5;
pub const STATUS: u64 = 1 << 16;

/// What the device is.
pub fn identity(link: Option<&Link>) -> Identity {
    match link {
        Some(_) => Identity { id: NETWORK, features: MAC | STATUS },
        None => Identity { id: NO_DEVICE, features: 0 },
    }
}

/// What a load of so many bytes from there finds: the address, and 1 while the link is up.
pub fn read(link: &Link, at: u16, count: u8) -> u64 {
    let [a, b, c, d, e, f]: [u8; ADDRESS_LENGTH] = link.address;
    load(&[a, b, c, d, e, f, link.is_up.into(), 0], at, count)
}
