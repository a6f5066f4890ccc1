// SPDX-License-Identifier: MIT OR Apache-2.0
//! `MDSCR_EL1`: the bits that a guest may have on the hardware.

pub use arm_debug_bits::mdscr::{KDE, MDE, MOE, SS, TDCC};

/// All that a guest can ask for. Halting, error and channel flags are not a guest's.
pub const GUEST: u64 = SS | TDCC | KDE | MDE;
/// The same of a guest with a 32-bit EL1, which has neither software step nor KDE.
pub const GUEST32: u64 = MOE | TDCC | MDE;
/// What makes the hardware look at the bank, so what obliges the shim to load it.
pub const NEEDS_BANK: u64 = KDE | MDE;
/// What the OS lock (and an outside debugger) keeps off the hardware. BRK needs none of it.
pub const EXCEPTIONS: u64 = SS | KDE | MDE;
