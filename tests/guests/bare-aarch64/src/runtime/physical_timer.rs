// SPDX-License-Identifier: MIT OR Apache-2.0
//! EL1's physical timer.

use super::{instruction, mrs, msr};

/// Its interrupt.
pub const INTID: u32 = 30;
/// CTL: on; masked; its time is over.
pub const ENABLE: u64 = 1;
pub const MASKED: u64 = 2;
pub const STATUS: u64 = 4;

/// The counter.
pub fn count() -> u64 {
    instruction!("isb");
    mrs!("cntpct_el0")
}

/// Its end, as a count.
pub fn end() -> u64 {
    mrs!("cntp_cval_el0")
}

/// Sets its end.
pub fn set_end(count: u64) {
    msr!("cntp_cval_el0", count);
}

/// Sets its end so far from now; the sign is in bit 31.
pub fn set_value(ticks: u32) {
    msr!("cntp_tval_el0", u64::from(ticks));
}

/// How far that is, likewise.
pub fn value() -> u32 {
    mrs!("cntp_tval_el0") as u32
}

/// Its control register.
pub fn control() -> u64 {
    mrs!("cntp_ctl_el0")
}

/// Sets that.
pub fn set_control(control: u64) {
    msr!("cntp_ctl_el0", control);
    instruction!("isb");
}
