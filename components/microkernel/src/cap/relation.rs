// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which capabilities speak of the same memory or object.

use super::{Cap, ZombieKind};
use sel4_abi::PAGE_BITS;
use sel4_abi::object::{ASID_POOL_BITS, ENDPOINT_BITS, NOTIFICATION_BITS, REPLY_BITS, SLOT_BITS, TCB_BITS};

/// A range of physical memory: `2^bits` bytes from `base`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First byte.
    pub base: u64,
    /// Size as a power of two.
    pub bits: u8,
}

impl Region {
    const fn new(base: u64, bits: usize) -> Option<Self> {
        Some(Self { base, bits: bits as u8 })
    }

    const fn last(self) -> u64 {
        self.base.wrapping_add((1 << self.bits) - 1)
    }

    /// All of `other` lies in this one.
    pub const fn contains(self, other: Self) -> bool {
        self.base <= other.base && other.last() <= self.last()
    }
}

impl Cap {
    /// The memory of the object, if it has any.
    pub fn region(&self) -> Option<Region> {
        match *self {
            Self::Untyped(u) => Region::new(u.paddr, u.bits as usize),
            Self::Endpoint { object, .. } => Region::new(object.addr(), ENDPOINT_BITS),
            Self::Notification { object, .. } => Region::new(object.addr(), NOTIFICATION_BITS),
            Self::Reply { object, .. } => Region::new(object.addr(), REPLY_BITS),
            Self::CNode(c) => Region::new(c.slots.addr(), c.radix as usize + SLOT_BITS),
            Self::Thread(object) => Region::new(object.addr(), TCB_BITS),
            Self::SchedContext { object, bits } => Region::new(object.addr(), bits as usize),
            Self::Frame(f) => Region::new(f.paddr, f.size.bits() as usize),
            Self::PageTable { object, .. } | Self::VSpace { object, .. } => Region::new(object.addr(), PAGE_BITS),
            Self::AsidPool { object, .. } => Region::new(object.addr(), ASID_POOL_BITS),
            Self::Vcpu(object) => Region::new(object.addr(), PAGE_BITS),
            Self::Zombie(z) => match z.kind {
                ZombieKind::CNode(radix) => Region::new(z.slots.addr(), radix as usize + SLOT_BITS),
                ZombieKind::Tcb => Region::new(z.slots.addr() & !((1 << TCB_BITS) - 1), TCB_BITS),
            },
            Self::Null
            | Self::SchedControl
            | Self::IrqControl
            | Self::IrqHandler(_)
            | Self::Domain
            | Self::AsidControl => None,
        }
    }

    /// `other` may have been derived from this one: its object is this one's or lies in it.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Untyped(_), _) => match (self.region(), other.region()) {
                (Some(own), Some(inner)) => own.contains(inner),
                _ => false,
            },
            (Self::Endpoint { object: a, .. }, Self::Endpoint { object: b, .. }) => a == b,
            (Self::Notification { object: a, .. }, Self::Notification { object: b, .. }) => a == b,
            (Self::Reply { object: a, .. }, Self::Reply { object: b, .. }) => a == b,
            (Self::CNode(a), Self::CNode(b)) => a.slots == b.slots && a.radix == b.radix,
            (Self::Thread(a), Self::Thread(b)) => a == b,
            (Self::SchedContext { object: a, .. }, Self::SchedContext { object: b, .. }) => a == b,
            (Self::SchedControl, Self::SchedControl) => true,
            (Self::IrqControl, Self::IrqControl | Self::IrqHandler(_)) => true,
            (Self::IrqHandler(a), Self::IrqHandler(b)) => a == b,
            (Self::Domain, Self::Domain) => true,
            (Self::Frame(a), Self::Frame(b)) => {
                a.paddr <= b.paddr && b.paddr + (1 << b.size.bits()) <= a.paddr + (1 << a.size.bits())
            }
            (Self::PageTable { object: a, .. }, Self::PageTable { object: b, .. }) => a == b,
            (Self::VSpace { object: a, .. }, Self::VSpace { object: b, .. }) => a == b,
            (Self::AsidControl, Self::AsidControl) => true,
            (Self::AsidPool { object: a, .. }, Self::AsidPool { object: b, .. }) => a == b,
            (Self::Vcpu(a), Self::Vcpu(b)) => a == b,
            _ => false,
        }
    }

    /// Both are capabilities to one object, of which the last to go takes the object along.
    pub fn same_object(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Untyped(_) | Self::IrqControl, _) => false,
            (Self::Frame(a), Self::Frame(b)) => a.paddr == b.paddr && a.size == b.size && a.device == b.device,
            _ => self.covers(other),
        }
    }
}
