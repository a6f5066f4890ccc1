// SPDX-License-Identifier: MIT OR Apache-2.0
//! Feature bits that belong to no device type (Virtio 1.2, section 6).

/// A descriptor may name a table of descriptors.
pub const INDIRECT_DESC: u64 = 1 << 28;
/// Either side says at which index it wants to hear of news.
pub const EVENT_IDX: u64 = 1 << 29;
/// Not a device of before Virtio 1.0. Always required.
pub const VERSION_1: u64 = 1 << 32;
/// A queue can be reset by itself.
pub const RING_RESET: u64 = 1 << 40;

/// What every device here offers.
pub const COMMON: u64 = INDIRECT_DESC | EVENT_IDX | VERSION_1 | RING_RESET;
