// SPDX-License-Identifier: MIT OR Apache-2.0
//! A capability as two words.
//!
//! Word 0: kind 4:0, the slot's own two bits 6:5, fields of the kind 19:7, address / 16 in 63:20.
//! Word 1: whatever the kind needs 64 bits for.

use super::{CNodeCap, Cap, FrameCap, FrameRights, FrameSize, Mapping, UntypedCap, ZombieCap, ZombieKind};
use crate::object::endpoint::Endpoint;
use crate::object::page_table::PageTable;
use crate::object::reference::{KernelObject, Ref};
use crate::object::reply::Reply;
use sel4_abi::rights::CapRights;

/// The slot's bits in word 0.
pub(super) const SLOT_BITS_MASK: u64 = 0b11 << 5;

/// Kinds, as in word 0.
mod kind {
    pub const NULL: u64 = 0;
    pub const UNTYPED: u64 = 1;
    pub const ENDPOINT: u64 = 2;
    pub const NOTIFICATION: u64 = 3;
    pub const REPLY: u64 = 4;
    pub const CNODE: u64 = 5;
    pub const THREAD: u64 = 6;
    pub const SCHED_CONTEXT: u64 = 7;
    pub const SCHED_CONTROL: u64 = 8;
    pub const IRQ_CONTROL: u64 = 9;
    pub const IRQ_HANDLER: u64 = 10;
    pub const DOMAIN: u64 = 11;
    pub const FRAME: u64 = 12;
    pub const PAGE_TABLE: u64 = 13;
    pub const VSPACE: u64 = 14;
    pub const ASID_CONTROL: u64 = 15;
    pub const ASID_POOL: u64 = 16;
    pub const VCPU: u64 = 17;
    pub const ZOMBIE_CNODE: u64 = 18;
    pub const ZOMBIE_TCB: u64 = 19;
}

const fn word0(kind: u64, fields: u64, addr: u64) -> u64 {
    debug_assert!(fields < 1 << 13 && addr < 1 << 48 && addr.is_multiple_of(16));
    kind | (fields << 7) | (addr << 16)
}

const fn fields(w0: u64) -> u64 {
    (w0 >> 7) & 0x1fff
}

const fn addr(w0: u64) -> u64 {
    (w0 >> 20) << 4
}

fn mapping_word(mapping: Option<Mapping>) -> u64 {
    mapping.map_or(0, |m| (m.vaddr << 16) | m.asid as u64)
}

fn mapping(w1: u64) -> Option<Mapping> {
    let asid = w1 as u16;
    (asid != 0).then_some(Mapping { asid, vaddr: w1 >> 16 })
}

/// The two words of a capability; the slot's bits are 0.
#[inline(never)]
pub(super) fn encode(cap: Cap) -> (u64, u64) {
    match cap {
        Cap::Null => (kind::NULL, 0),
        Cap::Untyped(u) => (word0(kind::UNTYPED, u.bits as u64 | (u.device as u64) << 6, u.paddr), u.free),
        Cap::Endpoint { object, badge, rights } => (word0(kind::ENDPOINT, rights.0 & 15, object.addr()), badge),
        Cap::Notification { object, badge, rights } => (word0(kind::NOTIFICATION, rights.0 & 3, object.addr()), badge),
        Cap::Reply { object, grant } => (word0(kind::REPLY, grant as u64, object.addr()), 0),
        Cap::CNode(c) => (word0(kind::CNODE, c.radix as u64 | (c.guard_bits as u64) << 6, c.slots.addr()), c.guard),
        Cap::Thread(object) => (word0(kind::THREAD, 0, object.addr()), 0),
        Cap::SchedContext { object, bits } => (word0(kind::SCHED_CONTEXT, bits as u64, object.addr()), 0),
        Cap::SchedControl => (kind::SCHED_CONTROL, 0),
        Cap::IrqControl => (kind::IRQ_CONTROL, 0),
        Cap::IrqHandler(irq) => (kind::IRQ_HANDLER, irq as u64),
        Cap::Domain => (kind::DOMAIN, 0),
        Cap::Frame(f) => {
            let fields = f.size as u64 | (f.rights as u64) << 2 | (f.device as u64) << 4;
            (word0(kind::FRAME, fields, f.paddr), mapping_word(f.mapping))
        }
        Cap::PageTable { object, mapping } => (word0(kind::PAGE_TABLE, 0, object.addr()), mapping_word(mapping)),
        Cap::VSpace { object, asid } => (word0(kind::VSPACE, 0, object.addr()), asid as u64),
        Cap::AsidControl => (kind::ASID_CONTROL, 0),
        Cap::AsidPool { object, base } => (word0(kind::ASID_POOL, 0, object.addr()), base as u64),
        Cap::Vcpu(object) => (word0(kind::VCPU, 0, object.addr()), 0),
        Cap::Zombie(z) => match z.kind {
            ZombieKind::CNode(radix) => (word0(kind::ZOMBIE_CNODE, radix as u64, z.slots.addr()), z.count),
            ZombieKind::Tcb => (word0(kind::ZOMBIE_TCB, 0, z.slots.addr()), z.count),
        },
    }
}

/// The capability of two words that [`encode`] made; the slot's bits may be set.
#[inline(never)]
pub(super) fn decode(w0: u64, w1: u64) -> Cap {
    decode_object(w0, w1).unwrap_or(Cap::Null)
}

#[inline(always)]
fn object<T: KernelObject>(w0: u64) -> Option<Ref<T>> {
    Ref::from_addr(addr(w0))
}

/// What system calls ask for most, without a look at the other kinds.
#[inline(always)]
pub(super) fn cnode(w0: u64, w1: u64) -> Option<CNodeCap> {
    let f = fields(w0);
    let (radix, guard_bits) = ((f & 63) as u8, (f >> 6) as u8);
    if w0 & 0x1f == kind::CNODE { Some(CNodeCap { slots: object(w0)?, radix, guard_bits, guard: w1 }) } else { None }
}

/// As [`cnode`], with the ASID.
#[inline(always)]
pub(super) fn vspace(w0: u64, w1: u64) -> Option<(Ref<PageTable>, u16)> {
    if w0 & 0x1f == kind::VSPACE { Some((object(w0)?, w1 as u16)) } else { None }
}

/// As [`cnode`], with the rights; the badge is word 1.
#[inline(always)]
pub(super) fn endpoint(w0: u64) -> Option<(Ref<Endpoint>, CapRights)> {
    if w0 & 0x1f == kind::ENDPOINT { Some((object(w0)?, CapRights(fields(w0)))) } else { None }
}

/// As [`cnode`], with the right to grant.
#[inline(always)]
pub(super) fn reply(w0: u64) -> Option<(Ref<Reply>, bool)> {
    if w0 & 0x1f == kind::REPLY { Some((object(w0)?, fields(w0) != 0)) } else { None }
}

/// As [`cnode`].
#[inline(always)]
pub(super) fn mapped_frame(w0: u64, w1: u64) -> Option<FrameCap> {
    if w0 & 0x1f == kind::FRAME { Some(frame(w0, w1)) } else { None }
}

#[inline(always)]
fn decode_object(w0: u64, w1: u64) -> Option<Cap> {
    let f = fields(w0);
    Some(match w0 & 0x1f {
        kind::UNTYPED => {
            Cap::Untyped(UntypedCap { paddr: addr(w0), bits: (f & 63) as u8, device: f & 64 != 0, free: w1 })
        }
        kind::ENDPOINT => Cap::Endpoint { object: object(w0)?, badge: w1, rights: CapRights(f) },
        kind::NOTIFICATION => Cap::Notification { object: object(w0)?, badge: w1, rights: CapRights(f) },
        kind::REPLY => Cap::Reply { object: object(w0)?, grant: f != 0 },
        kind::CNODE => Cap::CNode(cnode(w0, w1)?),
        kind::THREAD => Cap::Thread(object(w0)?),
        kind::SCHED_CONTEXT => Cap::SchedContext { object: object(w0)?, bits: f as u8 },
        kind::SCHED_CONTROL => Cap::SchedControl,
        kind::IRQ_CONTROL => Cap::IrqControl,
        kind::IRQ_HANDLER => Cap::IrqHandler(w1 as u16),
        kind::DOMAIN => Cap::Domain,
        kind::FRAME => Cap::Frame(frame(w0, w1)),
        kind::PAGE_TABLE => Cap::PageTable { object: object(w0)?, mapping: mapping(w1) },
        kind::VSPACE => Cap::VSpace { object: object(w0)?, asid: w1 as u16 },
        kind::ASID_CONTROL => Cap::AsidControl,
        kind::ASID_POOL => Cap::AsidPool { object: object(w0)?, base: w1 as u16 },
        kind::VCPU => Cap::Vcpu(object(w0)?),
        kind::ZOMBIE_CNODE => {
            Cap::Zombie(ZombieCap { slots: object(w0)?, count: w1, kind: ZombieKind::CNode(f as u8) })
        }
        kind::ZOMBIE_TCB => Cap::Zombie(ZombieCap { slots: object(w0)?, count: w1, kind: ZombieKind::Tcb }),
        _ => return None,
    })
}

#[inline(always)]
fn frame(w0: u64, w1: u64) -> FrameCap {
    let f = fields(w0);
    FrameCap {
        paddr: addr(w0),
        size: match f & 3 {
            0 => FrameSize::Small,
            1 => FrameSize::Large,
            _ => FrameSize::Huge,
        },
        rights: match (f >> 2) & 3 {
            0 => FrameRights::KernelOnly,
            1 => FrameRights::ReadOnly,
            _ => FrameRights::ReadWrite,
        },
        device: f & 16 != 0,
        mapping: mapping(w1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<T: KernelObject>(addr: u64) -> Ref<T> {
        Ref::from_addr(addr).unwrap()
    }

    #[test]
    fn every_kind_survives_a_round_trip() {
        let top = (1 << 48) - 4096;
        let place = Some(Mapping { asid: 0xffff, vaddr: (1 << 48) - 4096 });
        let caps = [
            Cap::Null,
            Cap::Untyped(UntypedCap { paddr: top, bits: 47, device: true, free: 1 << 47 }),
            Cap::Endpoint { object: at(top), badge: u64::MAX, rights: CapRights::ALL },
            Cap::Notification { object: at(64), badge: 1, rights: CapRights::READ_WRITE },
            Cap::Reply { object: at(32), grant: true },
            Cap::CNode(CNodeCap { slots: at(top), radix: 42, guard_bits: 63, guard: u64::MAX }),
            Cap::Thread(at(2048)),
            Cap::SchedContext { object: at(128), bits: 12 },
            Cap::SchedControl,
            Cap::IrqControl,
            Cap::IrqHandler(159),
            Cap::Domain,
            Cap::Frame(FrameCap {
                paddr: top,
                size: FrameSize::Huge,
                rights: FrameRights::ReadOnly,
                device: true,
                mapping: place,
            }),
            Cap::PageTable { object: at(top), mapping: place },
            Cap::PageTable { object: at(top), mapping: None },
            Cap::VSpace { object: at(top), asid: 7 },
            Cap::AsidControl,
            Cap::AsidPool { object: at(top), base: 512 },
            Cap::Vcpu(at(top)),
            Cap::Zombie(ZombieCap { slots: at(top), count: 9, kind: ZombieKind::CNode(20) }),
            Cap::Zombie(ZombieCap { slots: at(top), count: 5, kind: ZombieKind::Tcb }),
        ];
        for cap in caps {
            let (w0, w1) = encode(cap);
            assert_eq!(w0 & SLOT_BITS_MASK, 0, "{cap:?}");
            assert_eq!(decode(w0 | SLOT_BITS_MASK, w1), cap);
        }
    }
}
