// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bare-metal AArch32 guest, A32 and T32, that exercises the debug registers and says what it found: the AArch64 one's
//! smaller sibling, with its boot arguments and its output.
//!
//! | `mode=` | does |
//! |---|---|
//! | `workout` (default) | conditions, IT blocks, banked registers, every register written and read back, own breakpoints and watchpoints at PL1 and PL0, what must be undefined, illegal returns |
//! | `devices` | every form of load and store of A32 and T32 on RAM and on a device |
//! | `leak` | writes `pattern=` to all registers, lets others run `rounds=` times, checks that it finds only its own |
//! | `calls` | calls by HVC and SMC, those too that only a 64-bit caller has |
//!
//! The unsafe code is in `runtime`.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

#[cfg(all(target_os = "none", target_arch = "arm"))]
pub mod mode;
#[cfg(all(target_os = "none", target_arch = "arm"))]
pub mod runtime;
