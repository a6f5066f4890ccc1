// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every form of load and store does the same to a device's registers as to RAM, in both instruction sets.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::runtime::exception::{forget, total};
use crate::runtime::form::{self, ARM, Registers, THUMB};
use crate::runtime::report::check;

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
    "devices"
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
