// SPDX-License-Identifier: MIT OR Apache-2.0
#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod disk;
pub mod partition;
pub mod server;
pub mod shared;

/// The most clients that a driver has.
pub const MAX_CLIENTS: usize = 8;

/// What of a disk a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first block, of [`BLOCK_SIZE`](sddf_abi::block::BLOCK_SIZE) bytes as all blocks here.
    pub first: u64,
    /// Blocks.
    pub blocks: u64,
    /// The client may not write it.
    pub is_read_only: bool,
}
