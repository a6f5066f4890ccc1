// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables of invocations with the whole answer to each: what a real seL4 answered.

mod cnode;
mod irq;
mod lookup;
mod memory;
mod sched;
mod tcb;
mod untyped;
mod vcpu;

use crate::case::Case;

/// All of them.
pub const TABLES: &[&[Case]] =
    &[untyped::CASES, cnode::CASES, tcb::CASES, sched::CASES, irq::CASES, memory::CASES, vcpu::CASES, lookup::CASES];
