// SPDX-License-Identifier: MIT OR Apache-2.0
//! When this vCPU was taken off the core and came back: two busy neighbours' lines show what a switch between them costs.
//!
//! `SWITCH id=ID last=N first=N` are the last reading of the counter before a gap and the first one after it. Gaps below
//! `shortest=` ticks are no other vCPU, but interrupts that the hypervisor had. With
//! `cpus=2` the neighbour is a second vCPU of the same machine (id B), for hypervisors whose machines have clocks of
//! their own.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::options::Options;
use crate::pattern::Kind;
use crate::runtime::{console::println, counter, debug, interrupt, psci, secondary};

const GAPS: usize = 16;
/// The neighbour may have ended.
const PATIENCE: u64 = 400_000_000;

/// What one vCPU saw.
struct Log {
    gaps: [[AtomicU64; 2]; GAPS],
    done: AtomicU64,
}

impl Log {
    const EMPTY: Self = Self { gaps: [const { [const { AtomicU64::new(0) }; 2] }; GAPS], done: AtomicU64::new(0) };

    fn print(&self, id: &str) {
        for [last, first] in &self.gaps {
            let (last, first) = (last.load(Relaxed), first.load(Relaxed));
            if first != 0 {
                println!("SWITCH id={id} last={last} first={first}");
            }
        }
    }
}

static OWN: Log = Log::EMPTY;
static OTHER: Log = Log::EMPTY;

/// A pattern other than 0: with debug registers in use and breakpoints armed.
pub fn run(options: &Options<'_>) -> &'static str {
    if options.cpus == 2 {
        secondary::start(neighbour);
        watch(&OWN, options.shortest, counter::now);
        while OTHER.done.load(Relaxed) == 0 {
            psci::version();
        }
        OTHER.print("B");
    } else {
        if options.pattern != 0 {
            debug::write(Kind::Bvr, 0, 0x1000);
            debug::set_mdscr(debug::MDE | debug::KDE);
        }
        if options.virtual_clock {
            watch(&OWN, options.shortest, counter::now);
        } else {
            watch(&OWN, options.shortest, counter::physical);
        }
        if options.pattern != 0 {
            debug::set_mdscr(0);
        }
    }
    OWN.print(options.id);
    "switch"
}

extern "C" fn neighbour() -> ! {
    watch(&OTHER, Options::default().shortest, counter::now);
    loop {
        interrupt::wait();
    }
}

fn watch(log: &Log, shortest: u64, now: impl Fn() -> u64) {
    let start = now();
    let mut last = start;
    let mut found = 0;
    while found < GAPS && last - start < PATIENCE {
        let time = now();
        if time - last > shortest {
            log.gaps[found][0].store(last, Relaxed);
            log.gaps[found][1].store(time, Relaxed);
            found += 1;
        }
        last = time;
    }
    log.done.store(1, Relaxed);
}
