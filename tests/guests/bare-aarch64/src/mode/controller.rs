// SPDX-License-Identifier: MIT OR Apache-2.0
//! The interrupt controller as its architecture has it (IHI 0048B), looked at from a guest that polls: interrupts stay
//! masked in the processor, and are taken by reading `GICC_IAR`. It resets its machine in two handlers; only the last
//! start prints the last line.

use core::array;

use crate::runtime::gic::{self, interface, set_interface};
use crate::runtime::report::check;
use crate::runtime::{counter, interrupt, psci};

const CTLR: usize = 0x000;
const TYPER: usize = 0x004;
const ISENABLER1: usize = 0x104;
const ICENABLER1: usize = 0x184;
const ISPENDR0: usize = 0x200;
const ISPENDR1: usize = 0x204;
const ICPENDR1: usize = 0x284;
const ISACTIVER0: usize = 0x300;
const ISACTIVER1: usize = 0x304;
const ICACTIVER1: usize = 0x384;
const ITARGETSR: usize = 0x800;
const ICFGR2: usize = 0xc08;
const CPENDSGIR: usize = 0xf10;
const SPENDSGIR: usize = 0xf20;

const INTERFACE_CTLR: usize = 0x00;
const PMR: usize = 0x04;
const BPR: usize = 0x08;
const IAR: usize = 0x0c;
const EOIR: usize = 0x10;
const RPR: usize = 0x14;
const HPPIR: usize = 0x18;
const APR: usize = 0xd0;
/// The deactivation register, in the second page; and `GICC_CTLR.EOImode`.
const DIR: usize = 0x1000;
const EOI_MODE: u32 = 1 << 9;

const NOTHING: u32 = 1023;
const TIMER: u32 = 27;

/// Which reset the machine comes from.
const IN_AN_SGI: u64 = 0x51;
const IN_THE_TIMER: u64 = 0x71;

pub fn run() -> &'static str {
    match psci::left_by_reset() {
        IN_AN_SGI => {
            as_after_power_on("after the SGI's");
            reset_in_the_timer();
        }
        IN_THE_TIMER => as_after_power_on("after the timer's"),
        _ => {
            in_one_start();
            reset_in_an_sgi();
        }
    }
    psci::leave_for_reset(0);
    "controller"
}

fn in_one_start() {
    turn_on();
    targets();
    active();
    taken_back();
    order();
    nesting();
    level();
    a_masked_wait();
}

fn turn_on() {
    interrupt::init();
    set_interface(PMR, 0xf8);
    set_interface(BPR, 0);
    (0..160).for_each(|intid| gic::set_priority_byte(intid, 0xa0));
}

fn take() -> u32 {
    interface(IAR)
}

fn end(taken: u32) {
    set_interface(EOIR, taken);
}

/// Everything that comes, each ended at once.
fn drain<const N: usize>() -> [u32; N] {
    array::from_fn(|_| {
        let taken = take();
        if taken < NOTHING {
            end(taken);
        }
        taken
    })
}

fn is(what: &str, expected: u32, got: u32) {
    check(format_args!("controller: {what}"), expected.into(), got.into());
}

/// 4.3.12: with one CPU interface the targets are RAZ/WI, and SPIs go to it.
fn targets() {
    is("TYPER.CPUNumber", 0, gic::read(TYPER) >> 5 & 7);
    is("ITARGETSR0", 0, gic::read(ITARGETSR));
    gic::write(ITARGETSR + 40, 0xfefe_fefe);
    is("ITARGETSR10 written", 0, gic::read(ITARGETSR + 40));
    gic::write(ISENABLER1, 1 << 8);
    gic::write(ISPENDR1, 1 << 8);
    is("SPI 40 comes whatever was written", 40, drain::<1>()[0]);
    gic::write(ICENABLER1, 1 << 8);
}

/// 4.3.7 to 4.3.10.
fn active() {
    gic::write(ICFGR2, 2 << 18);
    gic::write(ISENABLER1, 3 << 9);
    gic::write(ISPENDR1, 1 << 9);
    let taken = take();
    is("SPI 41", 41, taken);
    is("it is not pending in its handler", 0, gic::read(ISPENDR1) >> 9 & 1);
    is("it is active in its handler", 1, gic::read(ISACTIVER1) >> 9 & 1);
    end(taken);
    is("and not active after it", 0, gic::read(ISACTIVER1) >> 9 & 1);
    gic::send_to_self(5);
    let taken = take();
    is("SGI 5 is not pending in its handler", 0, gic::read(ISPENDR0) >> 5 & 1);
    is("SGI 5 is active in its handler", 1, gic::read(ISACTIVER0) >> 5 & 1);
    end(taken);
    gic::write(ISACTIVER1, 1 << 10);
    is("SPI 42 active by hand", 1, gic::read(ISACTIVER1) >> 10 & 1);
    gic::write(ISPENDR1, 1 << 10);
    is("that holds it back", NOTHING, take());
    gic::write(ICACTIVER1, 1 << 10);
    is("it comes when it is not any more", 42, drain::<1>()[0]);
    gic::write(ICENABLER1, 3 << 9);
}

/// What is pending and not taken can be taken back.
fn taken_back() {
    type Write = (usize, u32);
    const CASES: [(&str, Write, Write, u32); 4] = [
        ("ICPENDR", (ICPENDR1, 1 << 11), (ISENABLER1, 1 << 11), NOTHING),
        ("ICENABLER", (ICENABLER1, 1 << 11), (ISENABLER1, 1 << 11), 43),
        ("GICD_CTLR", (CTLR, 0), (CTLR, 1), 43),
        ("ISACTIVER", (ISACTIVER1, 1 << 11), (ICACTIVER1, 1 << 11), 43),
    ];
    gic::write(ISENABLER1, 1 << 11);
    for (name, (register, value), (undone, again), expected) in CASES {
        gic::write(ISPENDR1, 1 << 11);
        gic::write(register, value);
        check(format_args!("controller: HPPIR after {name}"), NOTHING.into(), interface(HPPIR).into());
        check(format_args!("controller: IAR after {name}"), NOTHING.into(), take().into());
        gic::write(undone, again);
        check(format_args!("controller: {name} undone"), expected.into(), drain::<1>()[0].into());
    }
    gic::write(ISPENDR1, 1 << 11);
    set_interface(PMR, 0x50);
    is("IAR under the mask", NOTHING, take());
    set_interface(PMR, 0xf8);
    is("and above it", 43, drain::<1>()[0]);
    gic::write(ICENABLER1, 1 << 11);
    gic::write(SPENDSGIR + 4, 1 << 16);
    is("SPENDSGIR6", 1 << 16, gic::read(SPENDSGIR + 4));
    gic::write(CPENDSGIR + 4, 1 << 16);
    is("SPENDSGIR6 after CPENDSGIR", 0, gic::read(SPENDSGIR + 4));
    is("SGI 6 is gone", NOTHING, take());
}

/// Priorities decide, however many are pending.
fn order() {
    for n in 8..16 {
        gic::set_priority_byte(n, 0x80 + 8 * (n as u8 - 8));
        gic::send_to_self(n);
    }
    gic::set_priority_byte(1, 0x10);
    gic::send_to_self(1);
    is("HPPIR", 1, interface(HPPIR));
    let expected = [1, 8, 9, 10, 11, 12, 13, 14, 15, NOTHING];
    let came: [u32; 10] = drain();
    for (expected, came) in expected.into_iter().zip(came) {
        is("the next of nine", expected, came);
    }
    gic::set_priority_byte(2, 0x80);
    gic::set_priority_byte(3, 0x40);
    gic::send_to_self(2);
    gic::send_to_self(3);
    gic::set_priority_byte(2, 0x20);
    let [first, second, third] = drain();
    is("the one whose priority was raised", 2, first);
    is("the other one", 3, second);
    is("no more", NOTHING, third);
}

/// Seven handlers inside one another, which is more than there are list registers; and as many that are ended, and
/// deactivated later.
fn nesting() {
    for n in 0..7 {
        gic::set_priority_byte(n, 0xe0 - 0x10 * n as u8);
        gic::send_to_self(n);
        is("an inner one", n, take());
        is("all are active", (2 << n) - 1, gic::read(ISACTIVER0));
    }
    for n in (0..7).rev() {
        end(n);
        is("those outside it are active", (1 << n) - 1, gic::read(ISACTIVER0));
    }
    set_interface(INTERFACE_CTLR, 1 | EOI_MODE);
    for n in 0..7 {
        gic::send_to_self(n);
        let taken = take();
        end(taken);
        is("one that is ended only", n, taken);
    }
    is("all are active", 0x7f, gic::read(ISACTIVER0));
    (0..7).for_each(|n| set_interface(DIR, n));
    is("none is active", 0, gic::read(ISACTIVER0));
    set_interface(INTERFACE_CTLR, 1);
}

/// An interrupt that the mask holds back does not end a WFI.
fn a_masked_wait() {
    gic::set_priority_byte(9, 0xc0);
    gic::set_priority_byte(TIMER, 0x40);
    set_interface(PMR, 0xb0);
    gic::send_to_self(9);
    few_waits("masked");
    set_interface(PMR, 0xf8);
    is("the SGI when the mask is lifted", 9, drain::<1>()[0]);
    gic::write(ISENABLER1, 1 << 13);
    gic::write(ISPENDR1, 1 << 13);
    gic::write(ICENABLER1, 1 << 13);
    few_waits("disabled");
    gic::write(ICPENDR1, 1 << 13);
}

/// Beside an interrupt that cannot come, WFIs do not end one after the other until the timer does, in 20 ms.
fn few_waits(beside: &str) {
    let mut waits = 0;
    interrupt::start_timer(counter::frequency() / 50);
    while !interrupt::is_timer_due() {
        interrupt::wait();
        waits += 1;
    }
    check(format_args!("controller: few waits beside a {beside} one"), 1, u64::from(waits < 5));
    take_timer();
    is("nothing else comes", NOTHING, take());
}

fn take_timer() {
    while interface(HPPIR) != TIMER {}
    let taken = take();
    is("the timer", TIMER, taken);
    interrupt::stop_timer();
    end(taken);
}

/// A level that falls before the interrupt is taken.
fn level() {
    interrupt::start_timer(10);
    while interface(HPPIR) != TIMER {}
    is("a timer that is due is pending", 1, gic::read(ISPENDR0) >> TIMER & 1);
    interrupt::stop_timer();
    is("one that is off is not", 0, gic::read(ISPENDR0) >> TIMER & 1);
    is("and does not come", NOTHING, take());
    interrupt::start_timer(10);
    take_timer();
}

fn reset_in_an_sgi() -> ! {
    set_interface(BPR, 3);
    gic::set_priority_byte(3, 0xa0);
    gic::send_to_self(3);
    is("the SGI in whose handler the reset is", 3, take());
    psci::leave_for_reset(IN_AN_SGI);
    psci::reset()
}

fn reset_in_the_timer() -> ! {
    interrupt::start_timer(10);
    while take() != TIMER {}
    psci::leave_for_reset(IN_THE_TIMER);
    psci::reset()
}

fn as_after_power_on(when: &str) {
    let check = |what: &str, expected: u64, got: u64| check(format_args!("controller: {what} {when}"), expected, got);
    check("GICC_CTLR", 0, interface(INTERFACE_CTLR).into());
    check("GICC_PMR", 0, interface(PMR).into());
    check("GICC_BPR", 2, interface(BPR).into());
    check("GICC_RPR", 0xff, interface(RPR).into());
    check("GICC_APR0", 0, interface(APR).into());
    check("GICD_CTLR", 0, gic::read(CTLR).into());
    check("ISACTIVER0", 0, gic::read(ISACTIVER0).into());
    check("CNTV_CTL_EL0.ENABLE", 0, interrupt::is_timer_on().into());
    check("CNTKCTL_EL1", 0, interrupt::timer_access_of_el0());
    turn_on();
    for sgi in [4, 3] {
        gic::send_to_self(sgi);
        check("an SGI", sgi.into(), drain::<1>()[0].into());
    }
    interrupt::start_timer(10);
    take_timer();
}
