// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things are in a split queue (Virtio 1.2, section 2.7): offsets and sizes in bytes, all numbers little-endian.

/// The most chains that wait in a queue, and the most descriptors in a chain.
pub const MAX_SIZE: u16 = 64;

/// A descriptor: address u64, length u32, flags u16, next u16.
pub const DESCRIPTOR: u64 = 16;
/// The chain goes on at `next`.
pub const NEXT: u16 = 1;
/// The device writes the buffer; without it, it reads it.
pub const WRITE: u16 = 2;
/// The buffer is a table of descriptors.
pub const INDIRECT: u16 = 4;

/// The driver's area: flags u16, index u16, ring of u16, and the event u16 if [`EVENT_IDX`](crate::feature::EVENT_IDX).
pub const DRIVER_FLAGS: u64 = 0;
/// How many chains the driver ever made available.
pub const DRIVER_INDEX: u64 = 2;
/// Their first descriptors.
pub const DRIVER_RING: u64 = 4;
/// The driver wants no interrupts.
pub const NO_INTERRUPT: u16 = 1;

/// The device's area: flags u16 (they stay 0: the driver is to notify), index u16, ring of (id u32, length u32), and the
/// event u16. How many chains the device ever used:
pub const DEVICE_INDEX: u64 = 2;
/// Which they were, and how many bytes it wrote.
pub const DEVICE_RING: u64 = 4;
/// Bytes of an entry.
pub const USED: u64 = 8;

/// What each area's address is a multiple of.
pub const ALIGNMENTS: [u64; 3] = [16, 2, 4];

/// Bytes of the descriptors, the driver's area and the device's, both with their events.
pub const fn sizes(size: u16) -> [u64; 3] {
    let size = size as u64;
    [size * DESCRIPTOR, DRIVER_RING + 2 * size + 2, DEVICE_RING + USED * size + 2]
}
