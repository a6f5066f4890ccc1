// SPDX-License-Identifier: MIT OR Apache-2.0
//! Object types and sizes, for Untyped_Retype.

/// Type numbers. Corresponds to `seL4_ObjectType` of an AArch64 MCS build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum ObjectType {
    Untyped = 0,
    Tcb = 1,
    Endpoint = 2,
    Notification = 3,
    CNode = 4,
    SchedContext = 5,
    Reply = 6,
    HugePage = 7,
    VSpace = 8,
    SmallPage = 9,
    LargePage = 10,
    PageTable = 11,
    Vcpu = 12,
}

impl ObjectType {
    /// All types, by number.
    pub const ALL: [Self; 13] = [
        Self::Untyped,
        Self::Tcb,
        Self::Endpoint,
        Self::Notification,
        Self::CNode,
        Self::SchedContext,
        Self::Reply,
        Self::HugePage,
        Self::VSpace,
        Self::SmallPage,
        Self::LargePage,
        Self::PageTable,
        Self::Vcpu,
    ];

    /// The type of a number.
    pub const fn from_number(number: u64) -> Option<Self> {
        if number < Self::ALL.len() as u64 { Some(Self::ALL[number as usize]) } else { None }
    }

    /// Size of an object of this type as a power of two; `size_bits` is Retype's argument.
    pub const fn object_bits(self, size_bits: usize) -> usize {
        match self {
            Self::Untyped | Self::SchedContext => size_bits,
            Self::CNode => size_bits + SLOT_BITS,
            Self::Tcb => TCB_BITS,
            Self::Endpoint => ENDPOINT_BITS,
            Self::Notification => NOTIFICATION_BITS,
            Self::Reply => REPLY_BITS,
            Self::HugePage => 30,
            Self::LargePage => 21,
            Self::VSpace => crate::sizes::VSPACE_BITS,
            Self::SmallPage | Self::PageTable | Self::Vcpu => 12,
        }
    }
}

/// A CNode slot.
pub const SLOT_BITS: usize = 5;
/// A TCB.
pub const TCB_BITS: usize = crate::sizes::TCB_BITS;
/// An endpoint.
pub const ENDPOINT_BITS: usize = 4;
/// A notification (MCS).
pub const NOTIFICATION_BITS: usize = 6;
/// A reply object.
pub const REPLY_BITS: usize = 5;
/// The smallest scheduling context: the core with two refills.
pub const MIN_SCHED_CONTEXT_BITS: usize = 7;
/// Bytes of each further refill of a scheduling context.
pub const REFILL_BYTES: usize = 16;
/// The smallest Untyped.
pub const MIN_UNTYPED_BITS: usize = 4;
/// The greatest Untyped.
pub const MAX_UNTYPED_BITS: usize = 47;
/// An ASID pool, made from an Untyped of this size.
pub const ASID_POOL_BITS: usize = 12;
/// The most objects that one Retype makes.
pub const RETYPE_FAN_OUT_LIMIT: u64 = 256;

/// Attributes of a mapping. Corresponds to `seL4_ARM_VMAttributes`.
pub mod vm_attributes {
    /// Normal write-back memory; Device-nGnRnE without.
    pub const PAGE_CACHEABLE: u64 = 1;
    /// No effect on AArch64.
    pub const PARITY_ENABLED: u64 = 2;
    /// No instruction fetch.
    pub const EXECUTE_NEVER: u64 = 4;
    /// What programs use without saying.
    pub const DEFAULT: u64 = PAGE_CACHEABLE | PARITY_ENABLED;
}
