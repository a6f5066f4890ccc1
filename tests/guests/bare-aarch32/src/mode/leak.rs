// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guests with this mode and different patterns run against each other: none finds what is not its own.

use bare_aarch64::options::Options;
use bare_aarch64::pattern::{self, Kind};

use core::sync::atomic::Ordering::Relaxed;

use super::let_others_run;
use crate::runtime::exception::{Event, ORIGIN, SUPERVISOR, address, count, forget, total};
use crate::runtime::report::{check_quietly, failed};
use crate::runtime::{console::println, debug, interrupt, probe};

/// Rounds of one kind before the other: armed (the bank comes back by itself) and not (the next access traps).
const PHASE: u64 = 64;
/// Lines of progress.
const EVERY: u64 = 1000;
/// More would only repeat themselves.
const ENOUGH: u32 = 20;
/// E, PMC = PL1, the whole instruction.
const PL1: u32 = 1 | 0b01 << 1 | 0xf << 5;

pub fn run(options: &Options<'_>) -> &'static str {
    interrupt::init();
    ORIGIN.store(SUPERVISOR, Relaxed);
    debug::reset();
    write_all(options.pattern);
    for round in 1.. {
        let armed = (round / PHASE).is_multiple_of(2);
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
        if round % EVERY == 0 {
            println!("guest {}: round {round}, {} failed", options.id, failed());
        }
        if round == options.rounds || failed() > ENOUGH {
            break;
        }
    }
    "leak"
}

/// The last breakpoint is the one that fires, the other registers hold the pattern.
fn last() -> u8 {
    debug::count(Kind::Bvr) - 1
}

fn expected(guest: u16, kind: Kind, n: u8, armed: bool) -> u32 {
    match kind {
        Kind::Bvr if n == last() => probe::nop_address(),
        Kind::Bcr if n == last() => PL1 & !u32::from(!armed),
        _ => pattern::value(guest, kind, n) as u32,
    }
}

fn write_all(guest: u16) {
    for kind in Kind::ALL {
        (0..debug::count(kind)).for_each(|n| debug::write(kind, n, expected(guest, kind, n, true)));
    }
    debug::set_claim_tags(u32::from(guest & 0xff));
    debug::set_status(debug::MDBGEN);
}

fn arm(armed: bool) {
    debug::write(Kind::Bcr, last(), PL1 & !u32::from(!armed));
    debug::set_status(if armed { debug::MDBGEN } else { 0 });
}

fn check_all(guest: u16, round: u64, armed: bool) {
    for kind in Kind::ALL {
        for n in 0..debug::count(kind) {
            let name = format_args!("leak.round{round}.{}{n}", kind.name());
            check_quietly(name, expected(guest, kind, n, armed), debug::read(kind, n));
        }
    }
    check_quietly(format_args!("leak.round{round}.claim"), u32::from(guest & 0xff), debug::claim_tags());
    let status = debug::status() & debug::MDBGEN;
    check_quietly(format_args!("leak.round{round}.dscr"), if armed { debug::MDBGEN } else { 0 }, status);
}

fn fire(round: u64) {
    probe::nop();
    check_quietly(format_args!("leak.round{round}.fires"), 1, count(Event::Breakpoint));
    check_quietly(format_args!("leak.round{round}.address"), probe::nop_address(), address());
    debug::set_status(debug::MDBGEN);
}
