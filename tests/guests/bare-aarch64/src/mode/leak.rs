// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two guests with this mode and different patterns run against each other: neither finds what is not its own.

use arm_syndrome::Class;

use crate::options::{Options, Yield};
use crate::pattern::{self, Kind};
use crate::runtime::exception::{count, forget, last_elr, total};
use crate::runtime::report::{check_quietly, failed};
use crate::runtime::{console, console::println, debug, interrupt, probe, psci};

/// Rounds of one kind before the other: armed (the bank comes back by itself) and not (the next access traps).
const PHASE: u64 = 64;
const SLEEP_US: u64 = 100;
/// Lines of progress.
const EVERY: u64 = 1000;
/// More would only repeat themselves.
const ENOUGH: u32 = 20;

pub fn run(options: &Options<'_>) -> &'static str {
    interrupt::init();
    write_all(options.pattern);
    if options.quiet != 0 {
        console::listen();
    }
    for round in 1.. {
        let armed = round / PHASE % 2 == 0;
        if round % PHASE == 0 {
            arm(armed);
        }
        forget();
        let_others_run(options.yielding);
        check_quietly(format_args!("leak.round{round}.quiet"), 0, total());
        check_all(options.pattern, round, armed);
        if armed {
            fire(round);
        }
        if round % EVERY == 0 && is_told(round, options.quiet) {
            println!("guest {}: round {round}, {} failed", options.id, failed());
        }
        if round == options.rounds || failed() > ENOUGH {
            break;
        }
    }
    "leak"
}

/// A person who has the keyboard here may ask after the first rounds; before, nobody has to.
fn is_told(round: u64, quiet: u64) -> bool {
    if quiet == 0 || round < quiet {
        return true;
    }
    if round == quiet {
        println!("(from here on it says so only when you press Enter)");
    }
    console::was_typed()
}

fn let_others_run(how: Yield) {
    match how {
        Yield::Wfi => interrupt::sleep(SLEEP_US),
        Yield::Hvc => _ = psci::version(),
        Yield::Spin => (0..10_000).for_each(|_| core::hint::spin_loop()),
    }
}

/// The last breakpoint is the one that fires, the other registers hold the pattern.
fn last() -> u8 {
    debug::count(Kind::Bvr) - 1
}

fn expected(guest: u16, kind: Kind, n: u8, armed: bool) -> u64 {
    match kind {
        Kind::Bvr if n == last() => probe::nop_address(),
        Kind::Bcr if n == last() => super::breakpoint::EL1 & !u64::from(!armed),
        _ => pattern::value(guest, kind, n),
    }
}

fn write_all(guest: u16) {
    for kind in Kind::ALL {
        (0..debug::count(kind)).for_each(|n| debug::write(kind, n, expected(guest, kind, n, true)));
    }
    debug::set_claim_tags(u64::from(guest & 0xff));
    debug::set_mdscr(debug::MDE | debug::KDE);
}

fn arm(armed: bool) {
    debug::write(Kind::Bcr, last(), super::breakpoint::EL1 & !u64::from(!armed));
    debug::set_mdscr(if armed { debug::MDE | debug::KDE } else { 0 });
}

fn check_all(guest: u16, round: u64, armed: bool) {
    for kind in Kind::ALL {
        for n in 0..debug::count(kind) {
            let name = format_args!("leak.round{round}.{}{n}", kind.name());
            check_quietly(name, expected(guest, kind, n, armed), debug::read(kind, n));
        }
    }
    check_quietly(format_args!("leak.round{round}.claim"), u64::from(guest & 0xff), debug::claim_tags());
    let mdscr = if armed { debug::MDE | debug::KDE } else { 0 };
    check_quietly(format_args!("leak.round{round}.mdscr"), mdscr, debug::mdscr());
}

fn fire(round: u64) {
    debug::with_debug_exceptions(probe::nop);
    check_quietly(format_args!("leak.round{round}.fires"), 1, count(Class::BREAKPOINT_SAME));
    check_quietly(format_args!("leak.round{round}.address"), probe::nop_address(), last_elr());
    debug::set_mdscr(debug::MDE | debug::KDE);
}
