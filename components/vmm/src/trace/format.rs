// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the region holds: a header with counters, then a ring of records. Little-endian, as everything here is.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Start of a region that a VMM has begun to fill.
pub const MAGIC: [u8; 8] = *b"LZTRACE1";
/// Causes: exception classes 0 to 63, then the exits that have no syndrome.
pub const CAUSES: usize = 72;
/// Kinds of [`Outcome`], with room for more.
pub const OUTCOMES: usize = 8;

/// The start of the region.
#[derive(Clone, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// How many records there is room for: a power of two.
    pub capacity: u64,
    /// Ticks in a second.
    pub frequency: u64,
    /// The VM's name, zeros behind it.
    pub name: [u8; 16],
    /// The region's physical address, as the manifest's `setvar region_paddr` gives it; for debuggers.
    pub address: u64,
    /// Records since the start; the last [`Self::capacity`] of them are there, number n at n modulo that.
    pub written: u64,
    /// Exits by cause.
    pub causes: [u64; CAUSES],
    /// Exits by outcome.
    pub outcomes: [u64; OUTCOMES],
    /// Zero.
    pub reserved: [u64; 41],
}

impl Header {
    /// Of a region that nothing is in.
    pub const fn new(capacity: u64, address: u64, frequency: u64) -> Self {
        Self {
            magic: MAGIC,
            capacity,
            frequency,
            name: [0; 16],
            address,
            written: 0,
            causes: [0; CAUSES],
            outcomes: [0; OUTCOMES],
            reserved: [0; 41],
        }
    }
}

/// One exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Record {
    /// Counter when the VMM began with it.
    pub ticks: u64,
    /// The guest's instruction; 0 if the VMM did not have to know it.
    pub pc: u64,
    /// A memory exit's address, the value that a register access moved, x0 of a hypercall, an interrupt's number.
    pub value: u64,
    /// ESR_EL2; 0 for exits that have none.
    pub esr: u32,
    /// [`Cause`].
    pub cause: u8,
    /// [`Outcome`].
    pub outcome: u8,
    /// Ticks until the VMM was done; the greatest value stands for more.
    pub duration: u16,
}

/// Bytes of the header: records begin there.
pub const HEADER_SIZE: usize = size_of::<Header>();
/// Bytes of a record.
pub const RECORD_SIZE: usize = size_of::<Record>();

const _: () = assert!(HEADER_SIZE == 1024 && RECORD_SIZE == 32 && HEADER_SIZE.is_multiple_of(RECORD_SIZE));

/// Why the guest stopped: an exception class, or one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause(pub u8);

impl Cause {
    /// A list register is free.
    pub const MAINTENANCE: Self = Self(64);
    /// The virtual timer.
    pub const VIRTUAL_PPI: Self = Self(65);
    /// A hypercall, as a real seL4 tells it.
    pub const UNKNOWN_SYSCALL: Self = Self(66);
    /// Another fault.
    pub const OTHER: Self = Self(67);

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MAINTENANCE => "virtual interrupt ended",
            Self::VIRTUAL_PPI => "virtual timer",
            Self::UNKNOWN_SYSCALL => "hypercall as a system call",
            Self::OTHER => "another fault",
            Self(class) => arm_syndrome::Class::new(class).name(),
        }
    }
}

/// What came of an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Answered; the guest goes on.
    Done,
    /// The guest got an undefined instruction.
    Undefined,
    /// The guest got an external abort.
    Abort,
    /// The vCPU waits for an interrupt.
    Waits,
    /// The vCPU stays stopped, or was started anew.
    Stopped,
}

impl Outcome {
    /// All of them, by number.
    pub const ALL: [Self; 5] = [Self::Done, Self::Undefined, Self::Abort, Self::Waits, Self::Stopped];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Undefined => "UNDEF",
            Self::Abort => "abort",
            Self::Waits => "waits",
            Self::Stopped => "stopped",
        }
    }
}
