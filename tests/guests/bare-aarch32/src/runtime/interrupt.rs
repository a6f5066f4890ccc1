// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sleeping until the virtual timer fires, and any interrupt. They stay masked: WFI ends with a pending one.

use super::{instruction, mcr, mrc};

const GICD: usize = 0x0800_0000;
const GICC: usize = 0x0801_0000;
const TIMER: u32 = 27;
/// CNTV_CTL: ENABLE.
const ENABLE: u32 = 1;

fn write(address: usize, value: u32) {
    // SAFETY: registers of the interrupt controller, which touches no memory.
    unsafe { (address as *mut u32).write_volatile(value) };
}

fn read(address: usize) -> u32 {
    // SAFETY: as above.
    unsafe { (address as *const u32).read_volatile() }
}

/// The timer's interrupt can come.
pub fn init() {
    write(GICD, 1);
    write(GICD + 0x100, 1 << TIMER);
    write(GICC + 0x04, 0xff);
    write(GICC, 1);
}

/// Enables an SGI's or PPI's.
pub fn enable(intid: u32) {
    write(GICD + 0x100, 1 << intid);
}

/// Whether one is pending at the core.
pub fn is_pending() -> bool {
    instruction!("isb");
    mrc!("p15, 0", "c12, c1, 0") & 1 << 7 != 0
}

/// Takes and ends the one that is pending; 0 if none is.
pub fn take() -> u32 {
    let id = read(GICC + 0x0c);
    if id & 0x3ff >= 1020 {
        return 0;
    }
    write(GICC + 0x10, id);
    id & 0x3ff
}

/// WFI.
pub fn wait() {
    instruction!("wfi");
}

/// Lets others run for so many microseconds.
pub fn sleep(us: u32) {
    let frequency = mrc!("p15, 0", "c14, c0, 0");
    mcr!("p15, 0", "c14, c3, 0", frequency / 1_000_000 * us);
    mcr!("p15, 0", "c14, c3, 1", ENABLE);
    instruction!("isb");
    instruction!("wfi");
    mcr!("p15, 0", "c14, c3, 1", 0);
    instruction!("isb");
    let id = read(GICC + 0x0c);
    if id & 0x3ff == TIMER {
        write(GICC + 0x10, id);
    }
}
