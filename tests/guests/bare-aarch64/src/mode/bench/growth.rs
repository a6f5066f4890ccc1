// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an exit costs with more and more breakpoints armed, and an interrupt with more and more of them a second.

use super::sample::Samples;
use super::{Timer, batch};
use crate::pattern::Kind;
use crate::runtime::{console::println, counter, debug, interrupt, psci};

/// Interrupts a second.
const RATES: [u64; 9] = [100, 1_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 400_000];
/// Enabled, EL1 and EL0: DBGBCR and DBGWCR, the latter for loads and stores of a byte.
const BREAKPOINT: u64 = 0x1e7;
const WATCHPOINT: u64 = 0x3f;
/// Nothing is there.
const NOWHERE: u64 = 0x1000;

/// Prints the curves.
pub fn run() -> &'static str {
    breakpoints(&Timer::new());
    interrupts();
    "growth"
}

/// None, then one more at a time: breakpoints first, then watchpoints.
fn breakpoints(timer: &Timer) {
    let exit = || timer.each(Samples::take(|| batch(|| _ = psci::version())).median());
    let kinds = [(Kind::Bvr, Kind::Bcr, BREAKPOINT), (Kind::Wvr, Kind::Wcr, WATCHPOINT)];
    let mut armed = 0;
    debug::reset();
    println!("GROWTH curve=exit_by_armed_breakpoints x={armed} net={}", exit());
    for (address, control, value) in kinds {
        for n in 0..debug::count(address) {
            debug::write(address, n, NOWHERE);
            debug::write(control, n, value);
            debug::set_mdscr(debug::MDE | debug::KDE);
            armed += 1;
            println!("GROWTH curve=exit_by_armed_breakpoints x={armed} net={}", exit());
        }
    }
    debug::reset();
}

fn interrupts() {
    interrupt::init();
    for rate in RATES {
        let cost = Samples::take(|| interrupt::timer_cost(counter::frequency() / rate)).median();
        println!("GROWTH curve=interrupt_by_interrupts_per_second x={rate} net={cost}");
    }
}
