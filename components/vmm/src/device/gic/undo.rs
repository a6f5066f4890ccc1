// SPDX-License-Identifier: MIT OR Apache-2.0
//! List registers as they were before an exit that rewrites them. A VMM that dies before that exit is committed leaves
//! the model to be rolled back; its successor rolls the list registers back as well, and all that is done again finds
//! what it found before.

use super::interface::{Interface, LIST_REGISTERS};
use crate::state::{Damaged, Journal, Sections};
use core::sync::atomic::{Ordering::SeqCst, compiler_fence};
use zerocopy::{FromBytes, KnownLayout};

/// Of one vCPU. It is written anew in each exit that needs it, so it has neither a checksum nor a copy.
#[derive(FromBytes, KnownLayout)]
#[cfg_attr(test, derive(Clone))]
#[repr(C)]
pub struct Undo {
    /// The epoch that rewrites them; 0 is none.
    epoch: u64,
    control: u64,
    guest: u64,
    active_priorities: u64,
    list: [u64; LIST_REGISTERS],
}

impl Undo {
    /// Keep what the first of an epoch's rewrites finds.
    pub(super) fn keep(&mut self, interface: &Interface, journal: &Journal) {
        if self.epoch == journal.epoch() {
            return;
        }
        let &Interface { control, guest, active_priorities, list } = interface;
        *self = Self { epoch: 0, control, guest, active_priorities, list };
        // The restarted program is the reader, on the same core: what counts is the order of the stores.
        compiler_fence(SeqCst);
        self.epoch = journal.epoch();
        compiler_fence(SeqCst);
    }

    /// What a rewrite that was not committed has found.
    pub(super) fn kept(&self, journal: &Journal) -> Option<Interface> {
        let Self { epoch, control, guest, active_priorities, list } = *self;
        (epoch == journal.epoch()).then_some(Interface { control, guest, active_priorities, list })
    }

    pub(super) fn forget(&mut self) {
        compiler_fence(SeqCst);
        self.epoch = 0;
    }
}

impl Sections for Undo {
    fn new() -> Self {
        Self { epoch: 0, control: 0, guest: 0, active_priorities: 0, list: [0; LIST_REGISTERS] }
    }

    /// [`super::Gic::roll_back`] does it: the kernel is not at hand here.
    fn roll_back(&mut self, _epoch: u64) -> Result<(), Damaged> {
        Ok(())
    }

    #[cfg(any(test, feature = "fake"))]
    fn visit(&mut self, _each: &mut dyn FnMut(&'static str, &mut [u8])) {}
}
