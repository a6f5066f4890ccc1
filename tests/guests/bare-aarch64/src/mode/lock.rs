// SPDX-License-Identifier: MIT OR Apache-2.0
//! The OS lock: its status, and that it keeps breakpoints, watchpoints and steps away but not BRK.
//!
//! QEMU itself does not keep them away (it tests OSLSR bit 0, OSLM, instead of bit 1, OSLK): without a hypervisor the
//! checks `no_breakpoint` and `no_step` fail there.

use arm_syndrome::Class;

use super::WATCHED;
use crate::pattern::Kind;
use crate::runtime::exception::{count, forget};
use crate::runtime::{debug, probe, report::check};

/// OSLSR_EL1.OSLM, the lock is implemented; OSLK, it is taken.
const OSLM: u64 = 0b1000;
const OSLK: u64 = 0b0010;

pub fn run() {
    debug::reset();
    check("oslock.free", OSLM, debug::os_lock_status());
    debug::write(Kind::Bvr, 0, probe::nop_address());
    debug::write(Kind::Bcr, 0, super::breakpoint::EL1);
    debug::write(Kind::Wvr, 0, WATCHED.as_ptr() as u64);
    debug::write(Kind::Wcr, 0, super::watchpoint::EL1 | super::watchpoint::LOAD);
    debug::set_os_lock(true);
    check("oslock.taken", OSLM | OSLK, debug::os_lock_status());
    forget();
    debug::set_mdscr(debug::MDE | debug::KDE);
    debug::with_debug_exceptions(|| {
        probe::nop();
        probe::load(&WATCHED);
    });
    check("oslock.no_breakpoint", 0, count(Class::BREAKPOINT_SAME));
    check("oslock.no_watchpoint", 0, count(Class::WATCHPOINT_SAME));
    debug::brk();
    check("oslock.brk", 1, count(Class::BRK64));
    probe::steps();
    check("oslock.no_step", 0, count(Class::STEP_SAME));
    debug::set_os_lock(false);
    check("oslock.free_again", OSLM, debug::os_lock_status());
    forget();
    debug::set_mdscr(debug::MDE | debug::KDE);
    debug::with_debug_exceptions(probe::nop);
    check("oslock.breakpoint_after", 1, count(Class::BREAKPOINT_SAME));
    debug::reset();
}
