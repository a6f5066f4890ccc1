// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every form of load and store does the same to a device's registers as to RAM, in both instruction sets; and the physical
//! timer interrupts.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::runtime::exception::{forget, total};
use crate::runtime::form::{self, ARM, Registers, THUMB};
use crate::runtime::report::check;
use crate::runtime::{interrupt, physical_timer};

/// Words of a window, and where in it the base register points.
const WORDS: usize = 32;
const BASE: u32 = 0x20;
/// A window in the distributor: priorities of shared interrupts, which keep five bits of each byte.
const PRIORITIES: usize = 0x420;
const KEPT: u32 = 0xf8f8_f8f8;

#[repr(align(64))]
struct Window([AtomicU32; WORDS]);

static WINDOW: Window = Window([const { AtomicU32::new(0) }; WORDS]);

pub fn run() -> &'static str {
    form::allow_vectors();
    for (number, text) in ARM.iter().enumerate() {
        check(format_args!("a32 {text}"), 0, difference(false, number));
    }
    for (number, text) in THUMB.iter().enumerate() {
        check(format_args!("t32 {text}"), 0, difference(true, number));
    }
    timer();
    "devices"
}

/// Whether the program exits until then or not.
fn timer() {
    use physical_timer::{
        ENABLE, INTID, STATUS, control, count, end, frequency, set_control, set_end, set_value, virtual_count,
    };
    let millisecond = u64::from(frequency() / 1000);
    interrupt::init();
    interrupt::enable(INTID);
    set_end(0x1234_5678_9abc_def0);
    check("cntp.cval", 1, (end() == 0x1234_5678_9abc_def0).into());
    set_value(0u32.wrapping_sub(5));
    check("cntp.tval", 1, (count() - end() < 1000 * millisecond).into());
    set_control(ENABLE);
    check("cntp.at_once", ENABLE | STATUS, control());
    set_control(0);
    let wait = interrupt::wait as fn();
    for (name, wait) in [("cntp.runs", (|| ()) as fn()), ("cntp.waits", wait)] {
        let due = count() + 2 * millisecond;
        set_end(due);
        set_control(ENABLE);
        let last = virtual_count() + 1000 * millisecond;
        while !interrupt::is_pending() && virtual_count() < last {
            wait();
        }
        check(name, INTID, interrupt::take());
        check(format_args!("{name}.not_before"), 1, (count() >= due).into());
        set_control(0);
        // What came again meanwhile, if anything did.
        interrupt::take();
    }
}

fn value(n: u32) -> u32 {
    n.wrapping_mul(0x9e37_79b9) & KEPT
}

/// A form on RAM and on a device: bit 0 is set if registers or base differ, bit 1 if memory does, the others if there
/// were exceptions.
fn difference(thumb: bool, number: usize) -> u32 {
    for n in 0..WORDS {
        WINDOW.0[n].store(value(n as u32 + 40), Relaxed);
        form::write(PRIORITIES + 4 * n, value(n as u32 + 40));
    }
    let on_ram = execute(thumb, number, (&raw const WINDOW).addr());
    forget();
    let on_device = execute(thumb, number, form::distributor(PRIORITIES));
    let differs = |n: usize| WINDOW.0[n].load(Relaxed) != form::read(PRIORITIES + 4 * n);
    let memory = (0..WORDS).any(differs);
    u32::from(on_ram != on_device) | u32::from(memory) << 1 | total() << 2
}

/// The registers afterwards, with the base as an offset.
fn execute(thumb: bool, number: usize, window: usize) -> Registers {
    let d = core::array::from_fn(|n| value(n as u32 + 5));
    let mut registers = Registers { r: [value(1), value(2), window as u32 + BASE, 0x10], d };
    form::execute(thumb, number, &mut registers);
    registers.r[2] = registers.r[2].wrapping_sub(window as u32);
    registers
}
