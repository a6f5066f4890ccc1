// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every instruction of an operation, from QEMU's log: which function of ours it is in, and what kind it is.
//!
//! The guest says by semihosting when an operation begins and ends; in between QEMU runs one instruction at a time
//! and logs each one, with the words of the code that it met for the first time.

pub mod capture;
pub mod count;
pub mod flame;
pub mod instruction;
pub mod log;
pub mod symbols;
pub mod windows;
