// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bits of Arm's self-hosted debug registers (DDI 0487, chapters D13.3 and G8.3), each once.
//!
//! The VMM masks what a guest writes, and the debug shim masks what a VMM supplies: two walls, for the shim does not
//! trust the VMM. Both take the bits from here. Nothing in this crate does anything.
#![no_std]
#![forbid(unsafe_code)]
