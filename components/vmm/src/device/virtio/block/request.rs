// SPDX-License-Identifier: MIT OR Apache-2.0
//! A request: what the guest asks for, and how far it is.

use super::config::{SECTOR, size};
use crate::state::Content;
use sddf_abi::block::{BLOCK_SIZE, Code, Description};
use virtio::memory::Memory;
use virtio::queue::{Broken, Chain};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Types (Virtio 1.2, section 5.2.6).
const IN: u32 = 0;
const OUT: u32 = 1;
const FLUSH: u32 = 4;
const GET_ID: u32 = 8;
const WRITE_ZEROES: u32 = 13;
/// Bytes of the header, of the answer to GET_ID, and of what describes a range.
pub const HEADER: u64 = 16;
const ID: usize = 20;
const RANGE: usize = 16;
/// The range may be given back to whoever has the disk.
const UNMAP: u32 = 1;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    Ok = 0,
    Error = 1,
    Unsupported = 2,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    Read = 1,
    Write = 2,
    Zero = 3,
    Flush = 4,
}

/// What a chain asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Work for the driver: bytes of the disk.
    Work { kind: Kind, start: u64, length: u64 },
    /// Nothing more: it has ended so, with so many bytes before the status.
    Ended(Status, u32),
}

/// Whom a request in flight waits for, as it is kept.
const FREE: u16 = 0;
/// The driver has what ends this part of it.
const SENT: u16 = 1;
/// The driver reads the block first that will be written in part.
const FETCHING: u16 = 2;
/// The guest has reset the device: nobody waits for the response.
const ABANDONED: u16 = 3;

/// A request in flight, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Request {
    phase: u16,
    /// A [`Kind`].
    kind: u16,
    /// The first descriptor of its chain.
    pub head: u16,
    /// 1: it has the second of its two cells.
    second: u16,
    /// The driver's name for it.
    id: u32,
    reserved: u32,
    /// Where it begins on the disk, how long it is, and how much of it is done, in bytes.
    pub start: u64,
    pub length: u64,
    pub done: u64,
}

/// What the driver does of it at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first block, and how many.
    pub block: u64,
    pub count: u16,
    /// Where in these it begins, and its length, in bytes.
    pub lead: u64,
    pub length: u64,
}

impl Part {
    /// There is more in the blocks than it writes.
    pub const fn is_partial(&self) -> bool {
        self.lead != 0 || !self.length.is_multiple_of(BLOCK_SIZE)
    }
}

impl Content for Request {
    const NAME: &'static str = "virtio disk request";

    fn new() -> Self {
        Self { phase: FREE, kind: 0, head: 0, second: 0, id: 0, reserved: 0, start: 0, length: 0, done: 0 }
    }
}

impl Request {
    /// There is none.
    pub const fn is_free(&self) -> bool {
        self.phase == FREE
    }

    /// This response is its.
    pub const fn awaits(&self, id: u32) -> bool {
        self.phase != FREE && self.id == id
    }

    /// Nobody waits for it.
    pub const fn is_abandoned(&self) -> bool {
        self.phase == ABANDONED
    }

    /// The driver reads for it what it will write around.
    pub const fn is_fetching(&self) -> bool {
        self.phase == FETCHING
    }

    /// It has the second of its cells.
    pub const fn has_second(&self) -> bool {
        self.second != 0
    }

    pub const fn kind(&self) -> Kind {
        match self.kind {
            1 => Kind::Read,
            2 => Kind::Write,
            3 => Kind::Zero,
            _ => Kind::Flush,
        }
    }

    /// It writes blocks in part, which it has to read before: nothing else may write them meanwhile.
    pub const fn is_exclusive(&self) -> bool {
        self.phase != FREE && is_exclusive(self.kind(), self.start, self.length)
    }

    /// It begins, in the cell that the one before it did not have.
    pub fn begin(&mut self, head: u16, kind: Kind, start: u64, length: u64) {
        let second = self.second ^ 1;
        *self = Self { phase: SENT, kind: kind as u16, head, second, start, length, ..Self::new() };
    }

    /// The driver has it under this name; `fetches`: it reads the block that is to be written.
    pub const fn send(&mut self, id: u32, fetches: bool) {
        (self.id, self.phase) = (id, if fetches { FETCHING } else { SENT });
    }

    /// The guest forgets it.
    pub const fn abandon(&mut self) {
        self.phase = ABANDONED;
    }

    /// It has ended.
    pub const fn end(&mut self) {
        self.phase = FREE;
    }

    /// What comes next of it, in a cell of so many bytes.
    pub fn part(&self, cell: u64) -> Part {
        // A state whose damage was not noticed may have any numbers.
        let position = self.start.saturating_add(self.done);
        let (block, lead) = (position / BLOCK_SIZE, position % BLOCK_SIZE);
        let left = self.length - self.done.min(self.length);
        let length = match self.kind() {
            Kind::Flush => 0,
            Kind::Read => left.min(cell - lead),
            // What can be written as whole blocks is.
            Kind::Write | Kind::Zero if lead == 0 && left >= BLOCK_SIZE => left.min(cell) / BLOCK_SIZE * BLOCK_SIZE,
            Kind::Write | Kind::Zero => left.min(BLOCK_SIZE - lead),
        };
        Part { block, count: (lead + length).div_ceil(BLOCK_SIZE) as u16, lead, length }
    }

    /// What the driver is asked to do for a part.
    pub const fn code(&self) -> Code {
        match self.kind() {
            Kind::Flush => Code::Flush,
            Kind::Read => Code::Read,
            Kind::Write | Kind::Zero if self.is_fetching() => Code::Read,
            Kind::Write | Kind::Zero => Code::Write,
        }
    }
}

/// A request of this kind writes blocks in part.
pub const fn is_exclusive(kind: Kind, start: u64, length: u64) -> bool {
    matches!(kind, Kind::Write | Kind::Zero) && !(start.is_multiple_of(BLOCK_SIZE) && length.is_multiple_of(BLOCK_SIZE))
}

/// What a chain asks for. The answer to GET_ID is written at once.
pub fn parse(chain: &Chain, disk: Option<&Description>, ram: &mut impl Memory) -> Result<Asked, Broken> {
    let mut header = [0; HEADER as usize];
    if chain.read(0, &mut header, ram) < header.len() || chain.writable_length() == 0 {
        return Err(Broken::Short);
    }
    let [t0, t1, t2, t3, _, _, _, _, s0, s1, s2, s3, s4, s5, s6, s7] = header;
    let (what, sector) = (u32::from_le_bytes([t0, t1, t2, t3]), u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]));
    let Some(disk) = disk else { return Ok(Asked::Ended(Status::Error, 0)) };
    let (room, given) = (chain.writable_length() - 1, chain.readable_length() - HEADER);
    Ok(match what {
        IN => range(Kind::Read, sector, room, disk),
        OUT if !disk.is_read_only => range(Kind::Write, sector, given, disk),
        OUT => Asked::Ended(Status::Error, 0),
        FLUSH => Asked::Work { kind: Kind::Flush, start: 0, length: 0 },
        GET_ID => {
            let id = disk.serial.get(..ID.min(room as usize)).unwrap_or_default();
            Asked::Ended(Status::Ok, chain.write(0, id, ram) as u32)
        }
        WRITE_ZEROES if !disk.is_read_only => zeroes(chain, given, disk, ram),
        _ => Asked::Ended(Status::Unsupported, 0),
    })
}

/// So many bytes from a sector on, if the disk has them.
fn range(kind: Kind, sector: u64, length: u64, disk: &Description) -> Asked {
    let Some(start) = sector.checked_mul(SECTOR) else { return Asked::Ended(Status::Error, 0) };
    let is_there = start.checked_add(length).is_some_and(|end| end <= size(disk));
    match length {
        _ if !is_there || !length.is_multiple_of(SECTOR) => Asked::Ended(Status::Error, 0),
        0 => Asked::Ended(Status::Ok, 0),
        _ => Asked::Work { kind, start, length },
    }
}

/// One range; that its sectors may be given back is a permission, of which no use is made.
fn zeroes(chain: &Chain, given: u64, disk: &Description, ram: &impl Memory) -> Asked {
    let mut bytes = [0; RANGE];
    if given != RANGE as u64 || chain.read(HEADER, &mut bytes, ram) < RANGE {
        return Asked::Ended(Status::Error, 0);
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7, c0, c1, c2, c3, f0, f1, f2, f3] = bytes;
    if u32::from_le_bytes([f0, f1, f2, f3]) & !UNMAP != 0 {
        return Asked::Ended(Status::Unsupported, 0);
    }
    let sector = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
    range(Kind::Zero, sector, u64::from(u32::from_le_bytes([c0, c1, c2, c3])) * SECTOR, disk)
}
