// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices as hardware has them: every form of load and store does the same to a device's registers as to RAM, and each
//! device of the tree is what it says.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use arm_syndrome::Class;

use crate::runtime::exception::{count, forget, last_esr, last_far, tolerate};
use crate::runtime::form::{self, FORMS, Registers};
use crate::runtime::report::{check, check_quietly};
use crate::runtime::{counter, gic, interrupt, physical_timer, platform, rtc, uart};

/// Words of a window, and where in it the base register points.
const WORDS: usize = 32;
const BASE: usize = 0x20;
/// A window in the distributor: priorities of shared interrupts, which keep five bits of each byte.
const PRIORITIES: usize = 0x420;
const KEPT: u64 = 0xf8f8_f8f8_f8f8_f8f8;

#[repr(align(64))]
struct Window([AtomicU32; WORDS]);

static WINDOW: Window = Window([const { AtomicU32::new(0) }; WORDS]);

pub fn run() -> &'static str {
    form::allow_vectors();
    for translated in [false, true] {
        form::translate(translated);
        (0..FORMS.len()).for_each(compare);
        refused();
    }
    form::translate(false);
    identities();
    loopback();
    clock();
    timer();
    "devices"
}

/// What a word is filled with.
fn pattern(n: usize) -> u32 {
    (n as u32 + 3).wrapping_mul(0x1d35_2b79) & KEPT as u32
}

/// A form on RAM and on a device: registers, base and memory afterwards.
fn compare(number: usize) {
    let (mut own, mut devices) = ([0; WORDS], [0; WORDS]);
    for n in 0..WORDS {
        WINDOW.0[n].store(pattern(n), Relaxed);
        gic::write(PRIORITIES + 4 * n, pattern(n));
    }
    let ram = (&raw const WINDOW).addr();
    let device = platform::distributor() + PRIORITIES;
    let on_ram = execute(number, ram);
    forget();
    let on_device = execute(number, device);
    for n in 0..WORDS {
        own[n] = WINDOW.0[n].load(Relaxed);
        devices[n] = gic::read(PRIORITIES + 4 * n);
    }
    let differ = u64::from(on_ram != on_device) | u64::from(own != devices) << 1;
    check_quietly(FORMS[number], 0, differ | count(Class::DATA_ABORT_SAME) << 2);
}

/// The registers afterwards, with the base as an offset.
fn execute(number: usize, window: usize) -> Registers {
    let value = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) & KEPT;
    let v = core::array::from_fn(|n| [value(2 * n as u64 + 5), value(2 * n as u64 + 6)]);
    let mut registers = Registers { x: [value(1), value(2), (window + BASE) as u64, 0x10], v };
    form::execute(number, &mut registers);
    registers.x[2] = registers.x[2].wrapping_sub(window as u64);
    registers
}

/// A name, an access to an address, and the fault status that it gets.
type Refused = (&'static str, fn(usize), u64);

/// What a device has not: an unsupported access or an alignment fault at its address; maintenance does nothing.
fn refused() {
    const EXCLUSIVE: u64 = 0x35;
    const ALIGNMENT: u64 = 0x21;
    let place = platform::distributor() + PRIORITIES;
    let cases: [Refused; 4] = [
        ("device.ldxr", form::load_exclusive, EXCLUSIVE),
        ("device.stxr", form::store_exclusive, EXCLUSIVE),
        ("device.ldaxp", form::load_exclusive_pair, EXCLUSIVE),
        ("device.dc_zva", form::zero_block, ALIGNMENT),
    ];
    tolerate();
    for (name, access, status) in cases {
        forget();
        access(place);
        if name == "device.stxr" && count(Class::DATA_ABORT_SAME) == 0 {
            // Without a load before it a store may fail, and then it accesses nothing.
            continue;
        }
        check(name, status, last_esr() & 0x3f);
        check(format_args!("{name}.address"), place as u64, last_far());
    }
    forget();
    form::clean(place);
    check("device.dc_cvac", 0, count(Class::DATA_ABORT_SAME));
}

/// Peripheral and component identification.
fn identities() {
    check("uart.id", 0xb105_f00d_0034_1011, uart::identification());
    check("rtc.id", 0xb105_f00d_0014_1031, rtc::identification());
    check("tree.rng_seed", 32, platform::seed_length());
    check("gicd.iidr", 0x43b, u64::from(gic::read(8)) & 0xfff);
}

/// What is sent comes back, and nothing of it reaches the wire.
fn loopback() {
    let (enabled, received, overrun) = uart::loopback(b'~');
    check("uart.enabled", 0x301, enabled.into());
    check("uart.loopback", b'~'.into(), received.into());
    check("uart.overrun", 0, overrun.into());
}

/// The clock knows the date, can be set, and interrupts when it shows the time of its alarm.
fn clock() {
    /// The beginning of 2024.
    const PAST: u32 = 1_704_067_200;
    const INTID: u32 = 34;
    check("rtc.knows_the_date", 1, (rtc::seconds() > PAST).into());
    rtc::set(5000);
    check("rtc.set", 1, (5000..5060).contains(&rtc::seconds()).into());
    interrupt::init();
    gic::enable(INTID, true);
    rtc::set_alarm(0);
    check("rtc.silent", 0, rtc::is_ringing().into());
    rtc::set_alarm(rtc::seconds() + 1);
    while !rtc::is_ringing() {}
    check("rtc.interrupt", INTID.into(), interrupt::take().unwrap_or(0).into());
    rtc::silence();
    check("rtc.silenced", 0, u64::from(rtc::is_ringing()) | u64::from(interrupt::take().unwrap_or(0)) << 1);
    // It also ends a WFI.
    rtc::set_alarm(rtc::seconds() + 1);
    check("rtc.wakes", INTID.into(), await_interrupt(2_000_000, interrupt::wait).into());
    rtc::silence();
    gic::enable(INTID, false);
}

/// The interrupt that comes within so many microseconds, taken and ended; 0 if none does.
fn await_interrupt(microseconds: u64, mut wait: impl FnMut()) -> u32 {
    let last = counter::now() + counter::frequency() * microseconds / 1_000_000;
    while interrupt::pending() == 0 && counter::now() < last {
        wait();
    }
    interrupt::take().unwrap_or(0)
}

/// The physical timer's registers are views of one another, and its interrupt comes at its time, whether the program
/// exits until then or not.
fn timer() {
    use physical_timer::{ENABLE, INTID, MASKED, STATUS, control, count, end, set_control, set_end, set_value, value};
    let millisecond = counter::frequency() / 1000;
    gic::enable(INTID, true);
    let (first, second) = (count(), count());
    check("cntp.counts", 1, (first < second && second - first < 1000 * millisecond).into());
    set_end(1 << 40);
    check("cntp.cval", 1 << 40, end());
    set_value(0xffff_fff0);
    check("cntp.behind", 1, (count() - end() < 1000 * millisecond && value() > 1 << 31).into());
    set_control(ENABLE | MASKED);
    check("cntp.masked", ENABLE | MASKED | STATUS, control());
    check("cntp.silent", 0, interrupt::pending());
    set_control(ENABLE);
    check("cntp.at_once", INTID.into(), await_interrupt(100, || ()).into());
    check("cntp.again", INTID.into(), await_interrupt(100, || ()).into());
    set_control(0);
    check("cntp.off", 0, interrupt::take().unwrap_or(0).into());
    for (name, wait) in [("cntp.runs", counter::nothing as fn()), ("cntp.waits", interrupt::wait)] {
        // A busy host may hold the machine for longer than a moment: it is too early only as long as the counter says so.
        let (mut due, mut early) = (0, 0);
        for milliseconds in [2, 20, 200, 2000] {
            set_control(0);
            due = count() + milliseconds * millisecond;
            set_end(due);
            set_control(ENABLE);
            early = control();
            if count() < due {
                break;
            }
        }
        check(format_args!("{name}.early"), ENABLE, early);
        check(name, INTID.into(), await_interrupt(10_000_000, wait).into());
        check(format_args!("{name}.not_before"), 1, (count() >= due).into());
        set_control(0);
        // What came again meanwhile, if anything did.
        interrupt::take();
    }
    gic::enable(INTID, false);
}
