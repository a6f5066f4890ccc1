// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PL031's registers.

use super::platform;

const DR: usize = 0x00;
const MR: usize = 0x04;
const LR: usize = 0x08;
const IMSC: usize = 0x10;
const MIS: usize = 0x18;
const ICR: usize = 0x1c;
const ID: usize = 0xfe0;

fn read(offset: usize) -> u32 {
    // SAFETY: a register of the clock, at the address of the machine that this guest is for.
    unsafe { ((platform::clock() + offset) as *const u32).read_volatile() }
}

fn write(offset: usize, value: u32) {
    // SAFETY: as in `read`.
    unsafe { ((platform::clock() + offset) as *mut u32).write_volatile(value) }
}

/// The eight identification bytes, the first one lowest.
pub fn identification() -> u64 {
    (0..8).fold(0, |all, n| all | u64::from(read(ID + 4 * n) & 0xff) << (8 * n))
}

/// Seconds since 1970.
pub fn seconds() -> u32 {
    read(DR)
}

/// Sets the clock.
pub fn set(seconds: u32) {
    write(LR, seconds);
}

/// Lets it interrupt at a time.
pub fn set_alarm(seconds: u32) {
    write(MR, seconds);
    write(IMSC, 1);
}

/// Whether it interrupts.
pub fn is_ringing() -> bool {
    read(MIS) & 1 != 0
}

/// Until the next time.
pub fn silence() {
    write(ICR, 1);
}
