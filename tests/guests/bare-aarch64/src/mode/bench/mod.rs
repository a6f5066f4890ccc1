// SPDX-License-Identifier: MIT OR Apache-2.0
//! What exits cost, by the virtual counter: with a counter at the speed of instructions (`run --icount`), instructions.
//!
//! | line | says |
//! |---|---|
//! | `COUNTER frequency=N batch=N` | ticks a second, and for a hundred rounds of an empty loop |
//! | `BENCH op=NAME net=N min=N max=N` | median, least and most of the samples, less the same without an operation |
//! | `GROWTH curve=NAME x=N net=N` | one point of a curve (`mode=growth`) |
//! | `FUNCTION name=NAME passed=N failed=N` | whether that part of the debug architecture works at all |
//!
//! `net` of a loop is what one of its operations costs, its one to three instructions in the guest included.

mod function;
mod growth;
mod operations;
pub mod sample;
mod trace;

pub use growth::run as growth;
pub use trace::run as trace;

use crate::runtime::{console::println, counter, interrupt};
use operations::Visitor;
use sample::{Samples, report};

/// Prints the rows.
pub fn run() -> &'static str {
    let mut timer = Timer::new();
    operations::visit(&mut timer);
    interrupts();
    function::run();
    "bench"
}

/// Operations of a batch: few enough for a budget, many enough for the counter.
const OPERATIONS: u64 = 100;

/// Times every operation.
struct Timer {
    empty_batch: u64,
    empty_shot: u64,
}

impl Timer {
    fn new() -> Self {
        let empty_batch = Samples::take(|| batch(counter::nothing)).median();
        let empty_shot = Samples::take(|| counter::time(counter::nothing)).median();
        println!("COUNTER frequency={} batch={empty_batch}", counter::frequency());
        Self { empty_batch, empty_shot }
    }

    /// An operation's part of a batch that took so many ticks.
    fn each(&self, ticks: u64) -> u64 {
        (ticks.saturating_sub(self.empty_batch) + OPERATIONS / 2) / OPERATIONS
    }
}

fn batch(operation: impl Fn()) -> u64 {
    // A number that the compiler does not know: it would unroll some loops and not others.
    let operations = core::hint::black_box(OPERATIONS);
    counter::time(|| (0..operations).for_each(|_| operation()))
}

impl Visitor for Timer {
    fn repeat(&mut self, name: &str, operation: impl Fn()) {
        let samples = Samples::take(|| batch(&operation));
        report(name, &samples, |ticks| self.each(ticks));
    }

    fn once(&mut self, name: &str, operation: impl Fn()) {
        let samples = Samples::of(counter::time(operation));
        report(name, &samples, |ticks| ticks.saturating_sub(self.empty_shot));
    }

    fn after(&mut self, name: &str, before: impl Fn(), operation: impl Fn()) {
        let samples = Samples::take(|| {
            before();
            counter::time(&operation)
        });
        report(name, &samples, |ticks| ticks.saturating_sub(self.empty_shot));
    }
}

/// Long enough for the hypervisor to be asleep, short enough for a budget.
const SLEEP: u64 = 400_000;

/// So short that the way into the wait counts as well.
const DOZE: u64 = 3000;

/// From an interrupt's cause to the first instructions of its handler, and to its end.
fn interrupts() {
    interrupt::init();
    let running = Samples::take(|| interrupt::timer_latency(20_000, || ()));
    report("timer_irq_running", &running, |ticks| ticks);
    let asleep = Samples::take(|| interrupt::timer_latency(SLEEP, interrupt::wait));
    report("timer_irq_wfi", &asleep, |ticks| ticks);
    report("sgi_self", &Samples::take(interrupt::self_latency), |ticks| ticks);
    // To the end: the guest's own end of the interrupt may be an exit as well.
    report("timer_whole", &Samples::take(|| interrupt::timer_whole(20_000, || ())), |ticks| ticks);
    report("timer_wfi_whole", &Samples::take(|| interrupt::timer_whole(DOZE, interrupt::wait)), |ticks| ticks);
    report("sgi_whole", &Samples::take(interrupt::self_whole), |ticks| ticks);
}
