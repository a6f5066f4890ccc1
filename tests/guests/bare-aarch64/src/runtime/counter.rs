// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time, as the virtual counter counts it.

use super::{instruction, mrs};

/// Ticks of the counter while the code ran.
#[inline(always)]
pub fn time(code: impl FnOnce()) -> u64 {
    let start = now();
    code();
    now() - start
}

/// The counter.
#[inline(always)]
pub fn now() -> u64 {
    instruction!("isb");
    mrs!("cntvct_el0")
}

/// The counter that all machines share.
#[inline(always)]
pub fn physical() -> u64 {
    instruction!("isb");
    mrs!("cntpct_el0")
}

/// Nothing, but the compiler does not know that.
#[inline(always)]
pub fn nothing() {
    instruction!("");
}

/// Ticks a second.
pub fn frequency() -> u64 {
    mrs!("cntfrq_el0")
}
