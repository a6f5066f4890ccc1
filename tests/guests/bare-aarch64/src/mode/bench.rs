// SPDX-License-Identifier: MIT OR Apache-2.0
//! What exits cost, by the virtual counter: with a counter at the speed of instructions (`run --icount`), instructions.
//!
//! A line an operation: `BENCH op=NAME net=N min=N max=N`. `net` is the median of the batches less the empty loop.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::pattern::Kind;
use crate::runtime::{console, console::println, counter, debug, psci};

const BATCHES: usize = 21;
/// Operations of a batch: few enough for a budget, many enough for the counter.
const OPERATIONS: u64 = 100;

/// Median of the empty loop's batches.
static EMPTY: AtomicU64 = AtomicU64::new(0);

/// Prints the rows.
pub fn run() -> &'static str {
    once("first_touch", || debug::write(Kind::Bvr, 0, 0x1000));
    repeat("empty", || ());
    repeat("hvc_psci_version", || _ = psci::version());
    repeat("trap_debug_read", || _ = debug::os_lock_status());
    repeat("trap_debug_write", debug::clear_double_lock);
    repeat("mmio_read_vmm", || _ = console::flags());
    repeat("owned_access", || debug::write(Kind::Bvr, 0, 0x1000));
    repeat("oslar_write", || debug::set_os_lock(false));
    repeat("exit_and_rearm", || {
        psci::version();
        debug::write(Kind::Bvr, 0, 0x1000);
    });
    debug::set_mdscr(debug::MDE | debug::KDE);
    repeat("hvc_armed", || _ = psci::version());
    debug::set_mdscr(0);
    "bench"
}

/// An operation that is what it is only the first time.
fn once(name: &str, operation: impl Fn()) {
    let nothing = counter::time(|| ());
    let net = counter::time(operation).saturating_sub(nothing);
    println!("BENCH op={name} net={net} min={net} max={net}");
}

fn repeat(name: &str, operation: impl Fn()) {
    let mut batches = [0; BATCHES];
    for batch in &mut batches {
        *batch = counter::time(|| (0..OPERATIONS).for_each(|_| operation()));
    }
    batches.sort_unstable();
    let median = batches[BATCHES / 2];
    if name == "empty" {
        EMPTY.store(median, Relaxed);
    }
    let net = |ticks: u64| (ticks.saturating_sub(EMPTY.load(Relaxed)) + OPERATIONS / 2) / OPERATIONS;
    println!("BENCH op={name} net={} min={} max={}", net(median), net(batches[0]), net(batches[BATCHES - 1]));
}
