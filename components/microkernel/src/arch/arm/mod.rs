// SPDX-License-Identifier: MIT OR Apache-2.0
//! AArch64: what is known of it without touching it is safe code, tested on hosts; what touches it is in [`el2`].

pub mod abort;
pub mod errata;
pub mod policy;
pub mod smccc;
pub mod stage1;
pub mod stage2;
pub mod unsupported;

#[cfg(target_os = "none")]
#[allow(unsafe_code)]
pub mod el2;
