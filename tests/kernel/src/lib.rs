// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel answers, asked on the target: a root task that runs cases, one that calls at random,
//! and one whose guests execute at random.
//!
//! A line a case, `CASE <name> PASS` or `CASE <name> FAIL: <where>: <why>`, and one at the end: `TEST-SUITE PASS: <n>`
//! or `TEST-SUITE FAIL: <n> of <m>`. No such line (a panic, silence) is a failure.
#![no_std]
#![deny(unsafe_code)]

pub mod case;
pub mod cases;
pub mod env;
pub mod fuzz;
pub mod guest_fuzz;
pub mod memory;
pub mod random;
pub mod thread;
