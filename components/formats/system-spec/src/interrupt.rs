// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An interrupt that a component handles.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Irq {
    /// Badge of the signals.
    pub badge: u64,
    /// Interrupt number (INTID).
    pub irq: u32,
    /// 0 level, 1 edge.
    pub trigger: u32,
    /// Handler, an object of kind [`crate::Kind::IrqHandler`].
    pub handler: u32,
    /// Notification that it signals.
    pub notification: u32,
}
