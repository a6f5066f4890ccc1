// SPDX-License-Identifier: MIT OR Apache-2.0
//! A slot: a capability and its place in the derivation list.

use super::encoding::{self, SLOT_BITS_MASK, decode, encode};
use super::{CNodeCap, Cap, FrameCap};
use crate::object::endpoint::Endpoint;
use crate::object::page_table::PageTable;
use crate::object::reference::Ref;
use crate::object::reply::Reply;
use core::cell::Cell;
use sel4_abi::rights::CapRights;

/// A place for one capability: 32 bytes. Zeroed memory is an empty slot.
///
/// The links order all capabilities so that those derived from one follow it (`cap::derivation`).
#[derive(Default)]
#[repr(C, align(32))]
pub struct Slot {
    word0: Cell<u64>,
    word1: Cell<u64>,
    pub(super) previous: Cell<Option<Ref<Slot>>>,
    pub(super) next: Cell<Option<Ref<Slot>>>,
}

const _: () = assert!(size_of::<Slot>() == 1 << sel4_abi::object::SLOT_BITS);

const REVOCABLE: u64 = 1 << 5;
const FIRST_BADGED: u64 = 1 << 6;
const _: () = assert!(REVOCABLE | FIRST_BADGED == SLOT_BITS_MASK);

impl Slot {
    /// An empty slot.
    pub const fn empty() -> Self {
        Self { word0: Cell::new(0), word1: Cell::new(0), previous: Cell::new(None), next: Cell::new(None) }
    }

    /// The capability.
    #[inline(always)]
    pub fn cap(&self) -> Cap {
        decode(self.word0.get(), self.word1.get())
    }

    /// The CNode, if it holds one.
    #[inline(always)]
    pub fn cnode(&self) -> Option<CNodeCap> {
        encoding::cnode(self.word0.get(), self.word1.get())
    }

    /// The VSpace and its ASID, if it holds one.
    #[inline(always)]
    pub fn vspace(&self) -> Option<(Ref<PageTable>, u16)> {
        encoding::vspace(self.word0.get(), self.word1.get())
    }

    /// The frame, if it holds one.
    #[inline(always)]
    pub fn frame(&self) -> Option<FrameCap> {
        encoding::mapped_frame(self.word0.get(), self.word1.get())
    }

    /// The endpoint with badge and rights, if it holds one.
    #[inline(always)]
    pub fn endpoint(&self) -> Option<(Ref<Endpoint>, u64, CapRights)> {
        encoding::endpoint(self.word0.get()).map(|(object, rights)| (object, self.word1.get(), rights))
    }

    /// The reply object and whether the reply may grant, if it holds one.
    #[inline(always)]
    pub fn reply(&self) -> Option<(Ref<Reply>, bool)> {
        encoding::reply(self.word0.get())
    }

    /// Holds nothing.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.word0.get() & 0x1f == 0
    }

    /// Replaces the capability by another form of the same (mapped, fuller ...); its derivation stays.
    pub fn update(&self, cap: Cap) {
        let (w0, w1) = encode(cap);
        self.word0.set(w0 | self.word0.get() & SLOT_BITS_MASK);
        self.word1.set(w1);
    }

    /// Revoking this capability can have an effect on others.
    pub(super) fn revocable(&self) -> bool {
        self.word0.get() & REVOCABLE != 0
    }

    /// First of the capabilities with its badge.
    pub(super) fn first_badged(&self) -> bool {
        self.word0.get() & FIRST_BADGED != 0
    }

    pub(super) fn set_derivation(&self, revocable: bool, first_badged: bool) {
        let bits = if revocable { REVOCABLE } else { 0 } | if first_badged { FIRST_BADGED } else { 0 };
        self.word0.set(self.word0.get() & !SLOT_BITS_MASK | bits);
    }

    /// Previous and next in the derivation list.
    pub(crate) fn neighbours(&self) -> [Option<Ref<Slot>>; 2] {
        [self.previous.get(), self.next.get()]
    }
}
