// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a client knows of its disk.

use core::mem::offset_of;
use core::sync::atomic::{
    AtomicU8, AtomicU16, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Bytes of a serial number.
pub const SERIAL_LENGTH: usize = 64;

/// `struct blk_storage_info`, in memory that the client only reads.
#[derive(Debug)]
#[repr(C)]
pub struct Info {
    serial: [AtomicU8; SERIAL_LENGTH],
    read_only: AtomicU8,
    ready: AtomicU8,
    sector_size: AtomicU16,
    block_size: AtomicU16,
    queue_depth: AtomicU16,
    /// Cylinders, heads, blocks: of no use to anybody.
    geometry: [AtomicU16; 3],
    capacity: AtomicU64,
}

const _: () = {
    assert!(size_of::<Info>() == 88 && align_of::<Info>() == 8);
    assert!(offset_of!(Info, read_only) == 64 && offset_of!(Info, ready) == 65);
    assert!(offset_of!(Info, sector_size) == 66 && offset_of!(Info, block_size) == 68);
    assert!(offset_of!(Info, queue_depth) == 70 && offset_of!(Info, capacity) == 80);
};

/// The page that it lies in. The rest of it is the server's: what it has to know after it was started again.
#[derive(Debug)]
#[repr(C)]
pub struct InfoPage {
    /// What the client knows.
    pub info: Info,
    /// The server's own.
    pub note: AtomicU64,
}

/// A disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its serial number, padded with zeros.
    pub serial: [u8; SERIAL_LENGTH],
    /// It cannot be written.
    pub is_read_only: bool,
    /// Bytes that it reads or writes at a time.
    pub sector_size: u16,
    /// Blocks of [`BLOCK_SIZE`](super::BLOCK_SIZE).
    pub capacity: u64,
}

impl Info {
    /// No disk yet. All zeros is the same.
    pub const fn new() -> Self {
        Self {
            serial: [const { AtomicU8::new(0) }; SERIAL_LENGTH],
            read_only: AtomicU8::new(0),
            ready: AtomicU8::new(0),
            sector_size: AtomicU16::new(0),
            block_size: AtomicU16::new(0),
            queue_depth: AtomicU16::new(0),
            geometry: [const { AtomicU16::new(0) }; 3],
            capacity: AtomicU64::new(0),
        }
    }

    /// The disk, once there is one.
    pub fn get(&self) -> Option<Description> {
        if self.ready.load(Acquire) == 0 {
            return None;
        }
        Some(Description {
            serial: self.serial.each_ref().map(|byte| byte.load(Relaxed)),
            is_read_only: self.read_only.load(Relaxed) != 0,
            sector_size: self.sector_size.load(Relaxed),
            capacity: self.capacity.load(Relaxed),
        })
    }

    /// Here is the disk, or there is none any more.
    pub fn set(&self, description: Option<&Description>) {
        self.ready.store(0, Release);
        let Some(Description { serial, is_read_only, sector_size, capacity }) = description else { return };
        self.serial.iter().zip(serial).for_each(|(cell, byte)| cell.store(*byte, Relaxed));
        self.read_only.store((*is_read_only).into(), Relaxed);
        self.sector_size.store(*sector_size, Relaxed);
        self.block_size.store(1, Relaxed);
        self.queue_depth.store(super::CAPACITY as u16, Relaxed);
        self.capacity.store(*capacity, Relaxed);
        self.ready.store(1, Release);
    }
}

impl Default for Info {
    fn default() -> Self {
        Self::new()
    }
}

impl InfoPage {
    /// No disk, and nothing to know.
    pub const fn new() -> Self {
        Self { info: Info::new(), note: AtomicU64::new(0) }
    }
}

impl Default for InfoPage {
    fn default() -> Self {
        Self::new()
    }
}
