// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random programs of interrupts for a GICv2: made here, run by a bare-metal guest on one interrupt controller or another, and compared.
//!
//! A program is a function of a seed and a number ([`generate`]). The guest runs it on its machine ([`run`]) and tells what it observed;
//! the host looks at the differences between machines and whether a rule explains them ([`explain`]).
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod explain;
pub mod generate;
pub mod observation;
pub mod program;
pub mod random;
pub mod register;
pub mod run;
