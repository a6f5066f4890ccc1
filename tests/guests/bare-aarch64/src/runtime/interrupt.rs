// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interrupts through the GICv2: the virtual timer and one software-generated one.
//!
//! They stay masked, and end a WFI by being pending, except in [`unmasked`], which has them handled, and [`take_one`].

use core::arch::global_asm;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::{counter, instruction, mrs, msr, platform};

/// Offsets of the distributor's registers.
const GICD_CTLR: usize = 0x000;
const GICD_TYPER: usize = 0x004;
const GICD_ISENABLER0: usize = 0x100;
const GICD_SGIR: usize = 0xf00;
/// Offsets of the CPU interface's registers.
const GICC_CTLR: usize = 0x00;
const GICC_PMR: usize = 0x04;
const GICC_IAR: usize = 0x0c;
const GICC_EOIR: usize = 0x10;

const SGI: u32 = 1;
const VIRTUAL_TIMER: u32 = 27;
/// From here up there is nothing to acknowledge.
const SPECIAL: u32 = 1020;
/// `GICD_SGIR`: to the core that writes.
const TO_SELF: u32 = 0b10 << 24;

/// How many were handled, and when the last handler began.
static HANDLED: AtomicU64 = AtomicU64::new(0);
static BEGAN: AtomicU64 = AtomicU64::new(0);
/// An exception is only noted, and masks interrupts for whom it came to.
static ONLY_NOTED: AtomicBool = AtomicBool::new(false);
/// SPSR: I and F.
const MASKED: u64 = 0b11 << 6;

global_asm!(
    r#"
    .text
    // From the vector: x0 and x1 are saved, x0 is the time. The handler is an ordinary function.
    .global save_interrupt
save_interrupt:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x30, [sp, #144]
    bl      interrupt_entry
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x30, [sp, #144]
    ldp     x0, x1, [sp, #0]
    add     sp, sp, #288
    eret
"#
);

#[unsafe(no_mangle)]
extern "C" fn interrupt_entry(began: u64) {
    if ONLY_NOTED.load(Relaxed) {
        msr!("spsr_el1", mrs!("spsr_el1") | MASKED);
    } else {
        acknowledge();
    }
    BEGAN.store(began, Relaxed);
    HANDLED.store(HANDLED.load(Relaxed) + 1, Relaxed);
}

/// Lets the two through to the core.
pub fn init() {
    distributor(GICD_CTLR, 1);
    distributor(GICD_ISENABLER0, 1 << VIRTUAL_TIMER | 1 << SGI);
    cpu_interface(GICC_PMR, 0xff);
    cpu_interface(GICC_CTLR, 1);
}

/// WFI until the timer has counted `microseconds`.
pub fn sleep(microseconds: u64) {
    sleep_by(microseconds, wait);
}

/// The same by another way to wait for an interrupt.
pub fn sleep_by(microseconds: u64, mut wait: impl FnMut()) {
    let end = mrs!("cntvct_el0") + mrs!("cntfrq_el0") * microseconds / 1_000_000;
    msr!("cntv_cval_el0", end);
    msr!("cntv_ctl_el0", 1);
    while mrs!("cntvct_el0") < end {
        wait();
        acknowledge();
    }
    msr!("cntv_ctl_el0", 0);
    acknowledge();
}

/// Ticks from the timer's expiry to the first instruction of its handler.
pub fn timer_latency(ticks: u64, mut wait: impl FnMut()) -> u64 {
    let end = counter::now() + ticks;
    msr!("cntv_cval_el0", end);
    let began = unmasked(|| msr!("cntv_ctl_el0", 1), &mut wait);
    began.saturating_sub(end)
}

/// Ticks from the timer's expiry until its handler has ended the interrupt and the program goes on.
pub fn timer_whole(ticks: u64, mut wait: impl FnMut()) -> u64 {
    let end = counter::now() + ticks;
    msr!("cntv_cval_el0", end);
    unmasked(|| msr!("cntv_ctl_el0", 1), &mut wait);
    counter::now().saturating_sub(end)
}

/// Ticks from sending itself an interrupt until its handler has ended that and the program goes on.
pub fn self_whole() -> u64 {
    counter::time(|| _ = self_latency())
}

/// Ticks that the timer's interrupt takes from whoever counts them all the while, its handler included, after `ticks`.
pub fn timer_cost(ticks: u64) -> u64 {
    let (mut last, mut cost) = (counter::now(), 0);
    let cause = || {
        msr!("cntv_cval_el0", counter::now() + ticks);
        msr!("cntv_ctl_el0", 1);
    };
    unmasked(cause, || {
        let now = counter::now();
        (cost, last) = (cost.max(now - last), now);
    });
    // The handler may have come between the last look and the end of the wait.
    cost.max(counter::now() - last)
}

/// Ticks from sending itself an interrupt to the first instruction of its handler.
pub fn self_latency() -> u64 {
    let start = counter::now();
    let began = unmasked(|| distributor(GICD_SGIR, TO_SELF | SGI), || ());
    began - start
}

/// Reads something that the distributor answers by one instruction.
pub fn distributor_reader() -> impl Fn() -> u32 {
    let typer = (platform::distributor() + GICD_TYPER) as *const u32;
    // SAFETY: a register of the GIC that reading leaves as it is.
    move || unsafe { typer.read_volatile() }
}

/// When the handler began of the interrupt that `cause` brings about.
fn unmasked(cause: impl FnOnce(), mut wait: impl FnMut()) -> u64 {
    let before = HANDLED.load(Relaxed);
    instruction!("msr daifclr, #2");
    cause();
    while HANDLED.load(Relaxed) == before {
        wait();
    }
    instruction!("msr daifset, #2");
    BEGAN.load(Relaxed)
}

/// Unmasks IRQ and FIQ until one is taken, or for a moment; it is not acknowledged. Whether it was an FIQ.
pub fn take_one() -> Option<bool> {
    let before = HANDLED.load(Relaxed);
    ONLY_NOTED.store(true, Relaxed);
    instruction!("msr daifclr, #3\n isb\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n msr daifset, #3");
    ONLY_NOTED.store(false, Relaxed);
    (HANDLED.load(Relaxed) != before).then(|| BEGAN.load(Relaxed) == 0)
}

/// Which are pending at the core, masked or not: bit 0 an FIQ, bit 1 an IRQ.
pub fn pending() -> u64 {
    instruction!("isb");
    mrs!("isr_el1") >> 6 & 3
}

/// Sets the virtual timer's end and its control register.
pub fn set_timer(end: u64, control: u64) {
    msr!("cntv_cval_el0", end);
    msr!("cntv_ctl_el0", control);
    instruction!("isb");
}

/// The virtual timer's control register: bit 2 says that its time is over.
pub fn timer_control() -> u64 {
    instruction!("isb");
    mrs!("cntv_ctl_el0")
}

/// WFI.
pub fn wait() {
    instruction!("wfi");
}

/// Lets the virtual timer's line rise after so many ticks.
pub fn start_timer(ticks: u64) {
    msr!("cntv_tval_el0", ticks);
    msr!("cntv_ctl_el0", 1);
}

/// Its line is down.
pub fn stop_timer() {
    msr!("cntv_ctl_el0", 0);
}

/// `CNTV_CTL_EL0.ISTATUS`.
pub fn is_timer_due() -> bool {
    mrs!("cntv_ctl_el0") & 4 != 0
}

/// `CNTV_CTL_EL0.ENABLE`.
pub fn is_timer_on() -> bool {
    mrs!("cntv_ctl_el0") & 1 != 0
}

/// `CNTKCTL_EL1`.
pub fn timer_access_of_el0() -> u64 {
    mrs!("cntkctl_el1")
}

/// Takes and ends the interrupt that is pending, if one is.
pub fn take() -> Option<u32> {
    // SAFETY: a register of the GIC.
    let acknowledged = unsafe { ((platform::cpu_interface() + GICC_IAR) as *const u32).read_volatile() };
    let intid = acknowledged & 0x3ff;
    if intid >= SPECIAL {
        return None;
    }
    cpu_interface(GICC_EOIR, acknowledged);
    Some(intid)
}

/// Takes what is pending, if anything is.
fn acknowledge() {
    // SAFETY: the CPU interface's registers.
    let acknowledged = unsafe { ((platform::cpu_interface() + GICC_IAR) as *const u32).read_volatile() };
    if acknowledged & 0x3ff < SPECIAL {
        if acknowledged == VIRTUAL_TIMER {
            // Masked, or it is pending again at once.
            msr!("cntv_ctl_el0", 0b11);
        }
        cpu_interface(GICC_EOIR, acknowledged);
    }
}

#[inline(always)]
fn distributor(offset: usize, value: u32) {
    // SAFETY: the distributor's registers, where the device tree says.
    unsafe { ((platform::distributor() + offset) as *mut u32).write_volatile(value) };
}

#[inline(always)]
fn cpu_interface(offset: usize, value: u32) {
    // SAFETY: the CPU interface's registers, where the device tree says.
    unsafe { ((platform::cpu_interface() + offset) as *mut u32).write_volatile(value) };
}
