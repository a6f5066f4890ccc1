// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtual timer through the GICv2, used only to end a WFI: interrupts stay masked.

use super::{instruction, mrs, msr};

const GICD_CTLR: *mut u32 = 0x0800_0000 as *mut u32;
const GICD_ISENABLER0: *mut u32 = 0x0800_0100 as *mut u32;
const GICC_CTLR: *mut u32 = 0x0801_0000 as *mut u32;
const GICC_PMR: *mut u32 = 0x0801_0004 as *mut u32;
const GICC_IAR: *mut u32 = 0x0801_000c as *mut u32;
const GICC_EOIR: *mut u32 = 0x0801_0010 as *mut u32;

const VIRTUAL_TIMER: u32 = 27;
/// From here up there is nothing to acknowledge.
const SPECIAL: u32 = 1020;

/// Lets the timer's interrupt through to the core.
pub fn init() {
    // SAFETY: the GIC's registers, at the addresses of the machine that this guest is for.
    unsafe {
        GICD_CTLR.write_volatile(1);
        GICD_ISENABLER0.write_volatile(1 << VIRTUAL_TIMER);
        GICC_PMR.write_volatile(0xff);
        GICC_CTLR.write_volatile(1);
    }
}

/// WFI until the timer has counted `microseconds`.
pub fn sleep(microseconds: u64) {
    let end = mrs!("cntvct_el0") + mrs!("cntfrq_el0") * microseconds / 1_000_000;
    msr!("cntv_cval_el0", end);
    msr!("cntv_ctl_el0", 1);
    while mrs!("cntvct_el0") < end {
        instruction!("wfi");
        acknowledge();
    }
    msr!("cntv_ctl_el0", 0);
    acknowledge();
}

fn acknowledge() {
    // SAFETY: as in `init`.
    let acknowledged = unsafe { GICC_IAR.read_volatile() };
    if acknowledged & 0x3ff < SPECIAL {
        // Masked, or it is pending again at once.
        msr!("cntv_ctl_el0", 0b11);
        // SAFETY: as in `init`.
        unsafe { GICC_EOIR.write_volatile(acknowledged) };
    }
}
