// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loads and stores, decoded from the instruction: which registers, how many bytes each, from where on, and what becomes
//! of the base register. An abort whose syndrome says nothing of that (ISV 0) needs it.
//!
//! Pure functions of values: a word in, an [`Instruction`] out. What is no load or store of A64, A32 or T32 up to Armv8.2
//! (SVE and MTE left out), or whose outcome the architecture leaves open, is `None`.
//!
//! Reference: Arm ARM, C4.1.94 (A64 loads and stores), F4.1 (A32) and F3.1 (T32).
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod a32;
mod a64;
mod address;
mod load_store;
mod structure;
mod t32;
mod vfp;

pub use a32::a32;
pub use a64::a64;
pub use address::{Amount, Base, Shift, Value};
pub use load_store::{Element, Instruction, LoadStore, MAX_ELEMENTS};
pub use t32::{is_wide, t32, t32_narrow};

/// The bits of `word` from `low` up to `high`, both included.
const fn bits(word: u32, high: u32, low: u32) -> u32 {
    word >> low & (u32::MAX >> (31 - (high - low)))
}

/// One bit.
const fn bit(word: u32, at: u32) -> bool {
    word >> at & 1 != 0
}

/// The lower `width` bits as a signed number.
const fn signed(value: u32, width: u32) -> i64 {
    ((value << (32 - width)) as i32 >> (32 - width)) as i64
}
