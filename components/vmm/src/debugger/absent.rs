// SPDX-License-Identifier: MIT OR Apache-2.0
//! No debugger can come: nothing of it is in the program.

use crate::console::Serial;
use crate::exit::{Handler, Next, TrapRow};
use crate::state::{Damaged, Journal, Sections};
use crate::vcpu::KernelVcpu;
use arm_syndrome::Esr;
use arm_trap_table::{Access, AccessResult};
use core::marker::PhantomData;
use zerocopy::{FromBytes, KnownLayout};

/// Nothing.
#[derive(FromBytes, KnownLayout)]
#[repr(C)]
pub struct DebuggerMemory {}

impl Sections for DebuggerMemory {
    fn new() -> Self {
        Self {}
    }

    fn roll_back(&mut self, _: u64) -> Result<(), Damaged> {
        Ok(())
    }

    #[cfg(feature = "fake")]
    fn visit(&mut self, _: &mut dyn FnMut(&'static str, &mut [u8])) {}
}

/// Nobody.
pub struct Debugger<'a, S>(PhantomData<(&'a (), S)>);

impl<'a, S: Serial> Debugger<'a, S> {
    /// On no state.
    pub const fn new(_: &'a mut DebuggerMemory, _: &'a Journal) -> Self {
        Self(PhantomData)
    }

    /// Never.
    #[inline(always)]
    pub const fn is_attached(&self) -> bool {
        false
    }

    /// Never.
    #[inline(always)]
    pub const fn is_stopped(&self) -> bool {
        false
    }

    /// Nothing.
    #[inline(always)]
    pub const fn update_checksum(&mut self) {}

    /// Nothing.
    #[inline(always)]
    pub const fn publish(&mut self) {}

    /// Nothing.
    #[inline(always)]
    pub const fn publish_again(&mut self) {}
}

impl<S: Serial, K: KernelVcpu> Handler<'_, '_, S, K> {
    /// The kernel forwards none while nobody is attached.
    #[inline(always)]
    pub(crate) const fn debug_exception(&mut self, _: Esr) -> Option<Next> {
        None
    }

    /// It goes on as it would.
    #[inline(always)]
    pub(crate) const fn held_by_debugger(&self, next: Next) -> Next {
        next
    }

    /// Nothing.
    #[inline(always)]
    pub(crate) const fn tell_debugger_of_reset(&mut self) {}

    /// Nothing.
    #[inline(always)]
    pub(crate) const fn tell_debugger_of_end(&mut self) {}

    /// The registers are the guest's alone.
    #[inline(always)]
    pub(crate) const fn shared_access<R: TrapRow>(
        &mut self,
        _: Option<&R>,
        _: Access,
        _: bool,
    ) -> Option<(AccessResult, bool)> {
        None
    }

    /// Nothing.
    #[inline(always)]
    pub(crate) const fn serve_debugger(&mut self) {}
}
