// SPDX-License-Identifier: MIT OR Apache-2.0
//! The capability that a copy of a capability holds.

use super::{CNodeCap, Cap, FrameCap, Slot, derivation};
use crate::error::SyscallError;
use crate::object::reference::Ref;
use sel4_abi::WORD_BITS;
use sel4_abi::rights::CapRights;

impl Cap {
    /// With no more than these rights.
    pub fn mask(self, mask: CapRights) -> Self {
        match self {
            Self::Endpoint { object, badge, rights } => {
                Self::Endpoint { object, badge, rights: CapRights(rights.0 & mask.0) }
            }
            Self::Notification { object, badge, rights } => {
                Self::Notification { object, badge, rights: CapRights(rights.0 & mask.0) }
            }
            Self::Reply { object, grant } => Self::Reply { object, grant: grant && mask.grant() },
            Self::Frame(frame) => Self::Frame(FrameCap { rights: frame.rights.mask(mask), ..frame }),
            other => other,
        }
    }

    /// With this badge, or with this guard; `Null` where that cannot be. A moved capability keeps its badge.
    pub fn with_data(self, data: u64, is_move: bool) -> Self {
        match self {
            Self::Endpoint { object, badge: 0, rights } if !is_move => Self::Endpoint { object, badge: data, rights },
            Self::Notification { object, badge: 0, rights } if !is_move => {
                Self::Notification { object, badge: data, rights }
            }
            Self::Endpoint { .. } | Self::Notification { .. } => Self::Null,
            Self::CNode(cnode) => cnode.with_guard(data).map_or(Self::Null, Self::CNode),
            other => other,
        }
    }

    /// What a copy from `slot`, where this capability comes from, holds. `Null`: cannot be copied.
    pub fn derive(self, slot: Ref<Slot>) -> Result<Self, SyscallError> {
        match self {
            Self::Zombie(_) | Self::IrqControl => Ok(Self::Null),
            Self::Untyped(_) if derivation::has_children(slot) => Err(SyscallError::RevokeFirst),
            Self::Frame(frame) => Ok(Self::Frame(FrameCap { mapping: None, ..frame })),
            Self::PageTable { mapping: None, .. } | Self::VSpace { asid: 0, .. } => Err(SyscallError::IllegalOperation),
            other => Ok(other),
        }
    }

    /// Can hold the fault messages of a thread: nothing, or an endpoint to send through that gets a reply.
    pub fn is_fault_handler(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Endpoint { rights, .. } => rights.write() && (rights.grant() || rights.grant_reply()),
            _ => false,
        }
    }
}

impl CNodeCap {
    /// The guard of a word: size in bits 5:0, guard in 63:6.
    fn with_guard(self, data: u64) -> Option<Self> {
        let guard_bits = (data & 63) as u8;
        if guard_bits as usize + self.radix as usize > WORD_BITS {
            return None;
        }
        Some(Self { guard_bits, guard: (data >> 6) & ((1 << guard_bits) - 1), ..self })
    }
}
