// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a client knows of its place in the network. sDDF's clients are built with it; ours read it, in memory that the
//! server alone writes.

use super::ADDRESS_LENGTH;
use core::sync::atomic::{
    AtomicU8, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// A page of it. The rest of it is the server's.
#[derive(Debug)]
#[repr(C)]
pub struct InfoPage {
    ready: AtomicU32,
    is_up: AtomicU32,
    address: [AtomicU8; ADDRESS_LENGTH],
    /// The server's own, for either direction: what it has to know after it was started again.
    pub notes: [AtomicU64; 2],
}

const _: () = assert!(size_of::<InfoPage>() <= 0x1000 && core::mem::offset_of!(InfoPage, notes) == 16);

/// A client's place in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Under which it sends and is sent to.
    pub address: [u8; ADDRESS_LENGTH],
    /// Somebody may be there to hear it.
    pub is_up: bool,
}

impl InfoPage {
    /// No network yet. All zeros is the same.
    pub const fn new() -> Self {
        Self {
            ready: AtomicU32::new(0),
            is_up: AtomicU32::new(0),
            address: [const { AtomicU8::new(0) }; ADDRESS_LENGTH],
            notes: [const { AtomicU64::new(0) }; 2],
        }
    }

    /// The client's place, once it has one.
    pub fn get(&self) -> Option<Link> {
        (self.ready.load(Acquire) != 0).then(|| Link {
            address: self.address.each_ref().map(|byte| byte.load(Relaxed)),
            is_up: self.is_up.load(Relaxed) != 0,
        })
    }

    /// Here is its place, or there is no network any more.
    pub fn set(&self, link: Option<&Link>) {
        self.ready.store(0, Release);
        let Some(Link { address, is_up }) = link else { return };
        self.address.iter().zip(address).for_each(|(cell, byte)| cell.store(*byte, Relaxed));
        self.is_up.store((*is_up).into(), Relaxed);
        self.ready.store(1, Release);
    }

    /// The server's: whether somebody may hear the client has changed; its place stays.
    pub fn set_up(&self, is_up: bool) {
        self.is_up.store(is_up.into(), Relaxed);
    }
}

impl Default for InfoPage {
    fn default() -> Self {
        Self::new()
    }
}
