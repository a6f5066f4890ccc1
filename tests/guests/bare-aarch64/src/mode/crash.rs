// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every kind of exit in each round, with its result checked: for a VMM that is killed in between.
//!
//! Each step of a round begins at an address of its own (`probe::mark`), where a debugger can stop the machine. The
//! output says nothing of time, so two runs can be compared.

use arm_syndrome::Class;

use crate::options::Options;
use crate::pattern::{self, Kind};
use crate::runtime::exception::{count, forget};
use crate::runtime::report::{check_quietly, failed};
use crate::runtime::{console, console::println, debug, gic, interrupt, probe, psci};

const PSCI_FEATURES: u64 = 0x8400_000a;
const CPU_SUSPEND: u64 = 0x8400_0001;
const UNKNOWN_CALL: u64 = 0x8400_00ff;
const NOT_SUPPORTED: u64 = u64::MAX;
const SLEEP_US: u64 = 30;
/// A software interrupt that nothing else uses.
const SGI: u32 = 5;

/// Marks of a round; not all are used.
const STEPS: u64 = 16;

/// A round of the test.
struct Round {
    number: u64,
    marks: bool,
}

impl Round {
    fn step(&self, step: u64) {
        if self.marks {
            probe::mark(STEPS * self.number + step);
        }
    }
}

pub fn run(options: &Options<'_>) -> &'static str {
    interrupt::init();
    for number in 1..=options.rounds {
        let round = Round { number, marks: options.marks };
        system_registers(options.pattern, &round);
        firmware(&round);
        interrupts(&round);
        println!("guest {}: round {number}, {} failed", options.id, failed());
    }
    debug::reset();
    "crash"
}

/// While the OS lock is on, each access traps, whoever has the bank.
fn trapped<R>(access: impl FnOnce() -> R) -> R {
    debug::set_os_lock(true);
    let result = access();
    debug::set_os_lock(false);
    result
}

/// Each kind of register both trapped and direct.
fn system_registers(pattern: u16, round: &Round) {
    let number = round.number;
    let check = |what: u64, expected, got| check_quietly(format_args!("register.{number}.{what}"), expected, got);
    round.step(0);
    debug::reset();
    round.step(1);
    for kind in Kind::ALL {
        let value = pattern::value(pattern, kind, 1);
        trapped(|| debug::write(kind, 1, value));
        check(1, value, debug::read(kind, 1));
        check(1, value, trapped(|| debug::read(kind, 1)));
    }
    round.step(2);
    debug::set_os_lock(true);
    check(2, 0b1010, debug::os_lock_status());
    round.step(3);
    debug::set_os_lock(false);
    check(3, 0b1000, debug::os_lock_status());
    round.step(4);
    trapped(|| debug::clear_claim_tags(0xff));
    trapped(|| debug::set_claim_tags(number & 0xff));
    check(4, number & 0xff, trapped(debug::claim_tags));
    debug::clear_double_lock();
    forget();
    round.step(5);
    probe::unknown_register();
    check(5, 1, count(Class::UNKNOWN));
    round.step(6);
    debug::write(Kind::Bvr, 0, probe::nop_address());
    debug::write(Kind::Bcr, 0, super::breakpoint::EL1);
    forget();
    round.step(7);
    debug::set_mdscr(debug::MDE | debug::KDE);
    debug::with_debug_exceptions(probe::nop);
    check(6, 1, count(Class::BREAKPOINT_SAME));
    check(7, 0, debug::mdscr());
}

fn firmware(round: &Round) {
    let number = round.number;
    let check = |what: u64, expected, got| check_quietly(format_args!("firmware.{number}.{what}"), expected, got);
    round.step(8);
    check(1, 0x1_0001, psci::version());
    check(2, 0, psci::call_with(PSCI_FEATURES, 0x8400_0008));
    check(3, NOT_SUPPORTED, psci::call_with(UNKNOWN_CALL, number));
    round.step(9);
    check(4, 0x90, console::flags().into());
}

/// The distributor's registers, a software interrupt from there, and the timer's.
fn interrupts(round: &Round) {
    let number = round.number;
    let check = |what: u64, expected: u32, got: u32| {
        check_quietly(format_args!("interrupt.{number}.{what}"), expected.into(), got.into());
    };
    let priority = (number as u32 & 0xf) << 4;
    round.step(10);
    interrupt::init();
    gic::set_priority(40, priority as u8);
    check(1, priority, gic::priority(40).into());
    round.step(11);
    gic::enable(40, true);
    check(2, 1, gic::is_enabled(40).into());
    gic::enable(40, false);
    check(3, 0, gic::is_enabled(40).into());
    round.step(12);
    gic::send_to_self(SGI);
    check(4, SGI, interrupt::take().unwrap_or(u32::MAX));
    check(5, u32::MAX, interrupt::take().unwrap_or(u32::MAX));
    round.step(13);
    interrupt::sleep(SLEEP_US);
    round.step(14);
    let mut refused = 0;
    interrupt::sleep_by(SLEEP_US, || refused |= psci::call_with(CPU_SUSPEND, 0));
    check(6, 0, refused as u32);
}
