// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel answers, asked on the target: a root task that runs cases, one that calls at random,
//! one whose guests execute at random,
//! one that counts what calls cost, and one that holds the extension's to their bounds.
//!
//! A line a case: `CASE <name> PASS`, `FAIL: <where>: <why>`, `DIFFERS: <where>: <why>` where our kernel's answer is
//! listed as another than seL4's, or `SKIP: <why>` on a kernel without our extensions. One at the end:
//! `TEST-SUITE PASS: <n>` or `TEST-SUITE FAIL: <n> of <m>`. No such line (a panic, silence) is a failure.
#![no_std]
#![deny(unsafe_code)]
#![allow(clippy::result_large_err, reason = "a failure is made once and printed")]

pub mod answer;
mod answers;
pub mod bench;
pub mod case;
mod cases;
pub mod costs;
pub mod differences;
pub mod env;
pub mod fuzz;
pub mod guest_fuzz;
pub mod memory;
mod objects;
pub mod outlet;
pub mod random;
pub mod thread;

/// Every case.
pub const TABLES: [&[&[case::Case]]; 2] = [answers::TABLES, &[cases::ALL]];

/// What caches, TLBs and clocks must do, then every case: for the first run on a real board.
pub const SELF_TEST: [&[&[case::Case]]; 3] = [&[cases::SILICON], answers::TABLES, &[cases::ALL]];
