// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects and references to them.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// [`ObjectRun::paddr`] of objects that may lie anywhere.
pub const NO_PADDR: u64 = u64::MAX;
/// In place of an object number: no object.
pub const NONE: u32 = u32::MAX;

/// Kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Endpoint.
    Endpoint = 1,
    /// Notification.
    Notification = 2,
    /// Reply object.
    Reply = 3,
    /// Thread control block.
    Tcb = 4,
    /// Virtual CPU.
    Vcpu = 5,
    /// Scheduling context; the size counts.
    SchedContext = 6,
    /// CNode; the size is the number of slots as a power of two.
    CNode = 7,
    /// Top-level page table.
    VSpace = 8,
    /// Page table of any lower level.
    PageTable = 9,
    /// Frame of 4 KiB.
    SmallPage = 10,
    /// Frame of 2 MiB.
    LargePage = 11,
    /// Interrupt handler: made by IRQControl, not from memory.
    IrqHandler = 12,
}

impl Kind {
    /// The kind of a number.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Endpoint,
            2 => Self::Notification,
            3 => Self::Reply,
            4 => Self::Tcb,
            5 => Self::Vcpu,
            6 => Self::SchedContext,
            7 => Self::CNode,
            8 => Self::VSpace,
            9 => Self::PageTable,
            10 => Self::SmallPage,
            11 => Self::LargePage,
            12 => Self::IrqHandler,
            _ => return None,
        })
    }

    /// Size of the page as a power of two, for frames.
    pub const fn page_bits(self) -> Option<u8> {
        match self {
            Self::SmallPage => Some(12),
            Self::LargePage => Some(21),
            _ => None,
        }
    }
}

/// Objects of one kind and size with consecutive numbers; the first run starts at 0, each other where the one
/// before it ends. Runs with a physical address come first, in ascending order.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ObjectRun {
    /// Physical address of the first, or [`NO_PADDR`]; the others follow without a gap.
    pub paddr: u64,
    /// Number of the first.
    pub first: u32,
    /// How many.
    pub count: u32,
    /// Name, as an offset in the names.
    pub name: u32,
    /// [`Kind`].
    pub kind: u8,
    /// Retype's size argument, for CNodes and scheduling contexts; otherwise 0.
    pub size_bits: u8,
    /// Zero.
    pub reserved: u16,
}

impl ObjectRun {
    /// The kind; `None` for a number without one.
    pub const fn kind(&self) -> Option<Kind> {
        Kind::from_number(self.kind)
    }

    /// The physical address, if it matters.
    pub const fn paddr(&self) -> Option<u64> {
        if self.paddr == NO_PADDR { None } else { Some(self.paddr) }
    }
}

/// What a capability is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// An object, by number.
    Object(u32),
    /// A page of the data, by number.
    Data(u32),
}

impl Ref {
    const DATA: u32 = 1 << 31;

    /// The word of a row.
    pub const fn to_word(self) -> u32 {
        match self {
            Self::Object(n) => n,
            Self::Data(n) => n | Self::DATA,
        }
    }

    /// What a row's word names; [`NONE`] names nothing.
    pub const fn from_word(word: u32) -> Option<Self> {
        if word == NONE {
            None
        } else if word & Self::DATA != 0 {
            Some(Self::Data(word & !Self::DATA))
        } else {
            Some(Self::Object(word))
        }
    }

    /// The reference that is `n` further.
    pub const fn plus(self, n: u32) -> Self {
        match self {
            Self::Object(first) => Self::Object(first + n),
            Self::Data(first) => Self::Data(first + n),
        }
    }
}
