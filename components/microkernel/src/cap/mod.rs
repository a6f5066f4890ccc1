// SPDX-License-Identifier: MIT OR Apache-2.0
//! Capabilities.

mod delete;
pub mod derivation;
mod derive;
mod encoding;
mod finalise;
pub(crate) mod relation;
mod slot;

pub use slot::Slot;

use crate::object::asid::AsidPool;
use crate::object::endpoint::Endpoint;
use crate::object::notification::Notification;
use crate::object::page_table::PageTable;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use crate::object::sched_context::SchedContext;
use crate::object::tcb::Tcb;
use crate::object::vcpu::Vcpu;
use sel4_abi::rights::CapRights;

/// A capability, as a value. A [`Slot`] holds one in 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// Nothing.
    Null,
    /// Memory that no object occupies.
    Untyped(UntypedCap),
    /// An endpoint.
    Endpoint {
        /// The object.
        object: Ref<Endpoint>,
        /// 0 = none.
        badge: u64,
        /// Rights.
        rights: CapRights,
    },
    /// A notification.
    Notification {
        /// The object.
        object: Ref<Notification>,
        /// 0 = none.
        badge: u64,
        /// Read and write.
        rights: CapRights,
    },
    /// A reply object.
    Reply {
        /// The object.
        object: Ref<Reply>,
        /// The reply may carry capabilities.
        grant: bool,
    },
    /// A CNode.
    CNode(CNodeCap),
    /// A thread.
    Thread(Ref<Tcb>),
    /// A scheduling context.
    SchedContext {
        /// The object.
        object: Ref<SchedContext>,
        /// Its size as a power of two.
        bits: u8,
    },
    /// The right to configure scheduling contexts.
    SchedControl,
    /// The right to make IRQ handlers.
    IrqControl,
    /// An interrupt.
    IrqHandler(u16),
    /// The right to set domains.
    Domain,
    /// Memory to map.
    Frame(FrameCap),
    /// A level of a translation table.
    PageTable {
        /// The object.
        object: Ref<PageTable>,
        /// Where it is mapped.
        mapping: Option<Mapping>,
    },
    /// The root of a translation table.
    VSpace {
        /// The object.
        object: Ref<PageTable>,
        /// 0 until assigned.
        asid: u16,
    },
    /// The right to make ASID pools.
    AsidControl,
    /// 512 ASIDs.
    AsidPool {
        /// The object.
        object: Ref<AsidPool>,
        /// Its first ASID.
        base: u16,
    },
    /// A virtual CPU.
    Vcpu(Ref<Vcpu>),
    /// An object under deletion whose slots are not yet all empty.
    Zombie(ZombieCap),
}

/// A range of memory. Offsets are from `paddr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UntypedCap {
    /// Start.
    pub paddr: u64,
    /// Size as a power of two.
    pub bits: u8,
    /// Device memory: frames only.
    pub device: bool,
    /// Where the next object goes: a multiple of 16.
    pub free: u64,
}

/// A CNode: `2^radix` slots behind a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CNodeCap {
    /// First slot.
    pub slots: Ref<Slot>,
    /// Slots as a power of two.
    pub radix: u8,
    /// Bits of the guard.
    pub guard_bits: u8,
    /// The guard.
    pub guard: u64,
}

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameCap {
    /// Start.
    pub paddr: u64,
    /// Size.
    pub size: FrameSize,
    /// What mappings may allow.
    pub rights: FrameRights,
    /// Device memory.
    pub device: bool,
    /// Where it is mapped.
    pub mapping: Option<Mapping>,
}

/// Sizes of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameSize {
    /// 4 KiB.
    Small = 0,
    /// 2 MiB.
    Large = 1,
    /// 1 GiB.
    Huge = 2,
}

impl FrameSize {
    /// Size as a power of two.
    pub const fn bits(self) -> u8 {
        12 + 9 * self as u8
    }
}

/// What a frame's mappings may allow at EL0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameRights {
    /// Mapped without access.
    KernelOnly = 0,
    /// Reading and executing.
    ReadOnly = 1,
    /// Writing too.
    ReadWrite = 2,
}

impl FrameRights {
    /// The rights left by a mask.
    pub const fn mask(self, rights: CapRights) -> Self {
        match (self, rights.read(), rights.write()) {
            (Self::ReadWrite, true, true) => Self::ReadWrite,
            (Self::ReadWrite | Self::ReadOnly, true, _) => Self::ReadOnly,
            _ => Self::KernelOnly,
        }
    }
}

/// A place in a VSpace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The VSpace; never 0.
    pub asid: u16,
    /// Virtual address, page aligned, below 2^48.
    pub vaddr: u64,
}

/// What is left of a CNode or a TCB of which the last capability was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZombieCap {
    /// First slot.
    pub slots: Ref<Slot>,
    /// How many slots may still hold something: a countdown.
    pub count: u64,
    /// What it was.
    pub kind: ZombieKind,
}

/// What a zombie was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZombieKind {
    /// A CNode with this radix.
    CNode(u8),
    /// A TCB.
    Tcb,
}
