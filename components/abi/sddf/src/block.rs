// SPDX-License-Identifier: MIT OR Apache-2.0
//! Block devices (`include/sddf/blk/queue.h` and `storage_info.h`).

mod info;
mod queue;

pub use info::{Description, Info, InfoPage};
pub use queue::{RequestQueue, ResponseQueue};

/// Bytes of a block: the unit of addresses, counts and capacities, whatever the disk's own sectors are.
pub const BLOCK_SIZE: u64 = 4096;

/// Entries of each queue here. It is not written in the shared memory: both sides are built for it.
pub const CAPACITY: u32 = 128;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Code {
    /// Blocks from the disk.
    Read = 0,
    /// Blocks to the disk.
    Write = 1,
    /// All that was answered before stays, whatever happens to the power.
    Flush = 2,
    /// All before it is done before all behind it.
    Barrier = 3,
}

impl Code {
    /// By its number.
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Read,
            1 => Self::Write,
            2 => Self::Flush,
            3 => Self::Barrier,
            _ => return None,
        })
    }
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Request {
    /// A [`Code`], if the client is right.
    pub code: u32,
    /// Where the data is, in bytes from the start of the client's data region.
    pub offset: u64,
    /// The first block.
    pub block: u64,
    /// Blocks.
    pub count: u16,
    /// By which the client knows the response.
    pub id: u32,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// All is done.
    Ok = 0,
    /// Not, for a reason that has no number.
    Unspecified = 1,
    /// The request asks for what there is not.
    InvalidParameter = 2,
    /// The disk cannot.
    Io = 3,
    /// There is no disk.
    NoDevice = 4,
}

/// A response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Response {
    /// A [`Status`], if the server is right.
    pub status: u32,
    /// Blocks that were read or written.
    pub count: u16,
    /// The request's.
    pub id: u32,
}

impl Response {
    /// Everything that was asked for is done.
    pub const fn is_ok(&self) -> bool {
        self.status == Status::Ok as u32
    }
}

#[cfg(test)]
mod tests;
