// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known of a debugger, and outlasts the VMM.

use super::guest_bank::GuestBank;
use super::line::Line;
use super::merge::Excluded;
use super::points::Points;
use crate::console::Serial;
use crate::state::{Content, Journal, Section, Stored, sections};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

sections! {
    /// What of it is kept.
    pub struct DebuggerMemory {
        session: Stored<Session>,
    }
}

/// A session, as it is kept.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Session {
    /// Bytes ever written and taken, modulo 2^32.
    pub written: u32,
    /// Those of gdb.
    pub taken: u32,
    /// 1: a debugger has the VM.
    attached: u64,
    /// 1: the VM stands still for it.
    stopped: u64,
    /// 1: gdb wants one instruction.
    stepping: u64,
    /// [`Excluded`]: what is left out for the instruction that is stepped over.
    excluded: u64,
    /// 1: the step under way began where the guest would not have stepped.
    forced: u64,
    /// Where the step under way began.
    pub origin: u64,
    /// [`Excluded`]: of which of the debugger's points the last stop was, and where.
    pub hit: u64,
    /// Where that was.
    pub hit_at: u64,
    /// The guest's registers.
    pub guest: GuestBank,
    /// What the debugger wants.
    pub points: Points,
}

impl Content for Session {
    const NAME: &'static str = "debugger";

    fn new() -> Self {
        Self::default()
    }
}

macro_rules! flags {
    ($($(#[$about:meta])* $is:ident, $set:ident: $field:ident;)*) => {
        impl Session {
            $(
                $(#[$about])*
                pub const fn $is(&self) -> bool {
                    self.$field != 0
                }

                /// The same from here on.
                pub fn $set(&mut self, is: bool) {
                    self.$field = is.into();
                }
            )*
        }
    };
}

flags! {
    /// A debugger has the VM.
    is_attached, set_attached: attached;
    /// The VM stands still for it.
    is_stopped, set_stopped: stopped;
    /// gdb waits for one instruction.
    is_stepping, set_stepping: stepping;
    /// The step under way began where the guest would not have stepped.
    is_forced, set_forced: forced;
}

impl Session {
    /// What is left out for the instruction that is stepped over.
    pub const fn excluded(&self) -> Excluded {
        Excluded(self.excluded)
    }

    /// The same from here on.
    pub fn exclude(&mut self, what: u64) {
        self.excluded = what;
    }

    /// Whether a step is wanted that is not the guest's.
    pub const fn steps_unseen(&self) -> bool {
        self.stepping != 0 || self.excluded != 0
    }

    /// No debugger, but for where the line is.
    pub fn end(&mut self) {
        *self = Self { written: self.written, taken: self.taken, ..Self::default() };
    }
}

/// A debugger, or nobody on the line.
pub struct Debugger<'a, S> {
    pub(super) session: Section<'a, Session>,
    pub(super) line: Line<S>,
}

impl<'a, S: Serial> Debugger<'a, S> {
    /// On this state, without a line.
    pub fn new(memory: &'a mut DebuggerMemory, journal: &'a Journal) -> Self {
        Self { session: Section::new(&mut memory.session, journal), line: Line::none() }
    }

    /// A debugger may come on this line.
    pub fn set_line(&mut self, serial: S) {
        self.line = Line::new(serial);
    }

    /// The guest starts when one lets it. It stands from the commit of its start on.
    pub fn wait(&mut self) {
        self.session.change().set_stopped(true);
    }

    /// What is kept of the guest's, and what the debugger wants.
    #[cfg(test)]
    pub fn kept(&self) -> (&GuestBank, &Points) {
        (&self.session.guest, &self.session.points)
    }

    /// One has come.
    #[inline(always)]
    pub fn is_attached(&self) -> bool {
        self.session.is_attached()
    }

    /// No vCPU goes on before it says so.
    #[inline(always)]
    pub fn is_stopped(&self) -> bool {
        self.session.is_stopped()
    }

    /// Due before each commit.
    #[inline]
    pub fn update_checksum(&mut self) {
        self.session.update_checksum();
    }

    /// Due after each commit.
    #[inline(always)]
    pub fn publish(&mut self) {
        self.line.publish(&self.session);
    }

    /// As [`Self::publish`], for all that a VMM before this one has committed.
    pub fn publish_again(&mut self) {
        self.line.publish_again(&self.session);
    }
}
