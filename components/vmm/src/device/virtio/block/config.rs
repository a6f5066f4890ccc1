// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a driver reads of the disk (Virtio 1.2, section 5.2.4).

use crate::device::virtio::NO_DEVICE;
use crate::device::virtio::device::load;
use sddf_abi::block::{BLOCK_SIZE, Description};
use virtio::queue::layout::MAX_SIZE;
use virtio::transport::Identity;

/// Section 5.
const BLOCK: u32 = 2;

/// Features: how many buffers a request may have; no writes; the size of a sector, and of what is better written as a
/// whole; flushes; zeros without data.
const SEG_MAX: u64 = 1 << 2;
const RO: u64 = 1 << 5;
const BLK_SIZE: u64 = 1 << 6;
const FLUSH: u64 = 1 << 9;
const TOPOLOGY: u64 = 1 << 10;
const WRITE_ZEROES: u64 = 1 << 14;

/// Bytes of a sector: the unit of addresses and lengths, for every disk.
pub const SECTOR: u64 = 512;
/// Bytes of the registers.
const LENGTH: usize = 60;

/// What the device is.
pub fn identity(disk: Option<&Description>) -> Identity {
    let Some(disk) = disk else { return Identity { id: NO_DEVICE, features: 0 } };
    let writes = if disk.is_read_only { RO } else { WRITE_ZEROES };
    Identity { id: BLOCK, features: SEG_MAX | BLK_SIZE | FLUSH | TOPOLOGY | writes }
}

/// Bytes of the disk.
pub const fn size(disk: &Description) -> u64 {
    disk.capacity.saturating_mul(BLOCK_SIZE)
}

/// What a load of so many bytes from there finds.
pub fn read(disk: &Description, at: u16, count: u8) -> u64 {
    load(&registers(disk), at, count)
}

fn registers(disk: &Description) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let mut put = |at: usize, value: &[u8]| {
        if let Some(place) = bytes.get_mut(at..at + value.len()) {
            place.copy_from_slice(value);
        }
    };
    put(0, &(size(disk) / SECTOR).to_le_bytes());
    // A header and a status go with them.
    put(12, &(u32::from(MAX_SIZE) - 2).to_le_bytes());
    put(20, &(SECTOR as u32).to_le_bytes());
    // A block of the driver's is so many sectors, as a power of two; the first sector begins one.
    put(24, &[(BLOCK_SIZE / SECTOR).ilog2() as u8, 0]);
    put(26, &1u16.to_le_bytes());
    // The most sectors that are zeroed by one request, and in how many ranges.
    put(48, &u32::MAX.to_le_bytes());
    put(52, &1u32.to_le_bytes());
    bytes
}
