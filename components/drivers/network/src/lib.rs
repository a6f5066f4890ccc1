// SPDX-License-Identifier: MIT OR Apache-2.0
#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod address;
pub mod card;
pub mod frame;
pub mod shared;
pub mod side;
pub mod switch;

/// The most clients that a driver has.
pub const MAX_CLIENTS: usize = 8;
