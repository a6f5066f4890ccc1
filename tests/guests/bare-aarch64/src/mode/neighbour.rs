// SPDX-License-Identifier: MIT OR Apache-2.0
//! A neighbour that does one thing for ever, to take more of the core than its share.

use super::victim;
use crate::deed::Deed;
use crate::options::Options;
use crate::pattern::Kind;
use crate::runtime::{console::println, debug, interrupt, maintenance, probe, psci};

/// Ticks of the timer: it has expired by the time that somebody looks.
const AT_ONCE: u64 = 100;
const PSCI_SYSTEM_RESET: u64 = 0x8400_0009;
/// Deeds after which it says once that it does them.
const SOME: u64 = 50;

/// Says `NEIGHBOUR deed` when it has done it some times, and goes on.
pub fn run(options: &Options<'_>) -> &'static str {
    interrupt::init();
    if options.deed == Deed::Reset {
        println!("NEIGHBOUR resets");
        psci::call_with(PSCI_SYSTEM_RESET, 0);
        return "neighbour";
    }
    for _ in 0..SOME {
        deed(options.deed);
    }
    println!("NEIGHBOUR {:?}: {SOME} times", options.deed);
    loop {
        deed(options.deed);
    }
}

fn deed(deed: Deed) {
    match deed {
        Deed::Spin => victim::work(),
        Deed::Version => _ = psci::version(),
        Deed::Undefined => probe::unknown_register(),
        Deed::Hypercall => _ = psci::unknown(),
        // Of the one that comes back.
        Deed::Reset => {}
        Deed::Print => println!("a line of a neighbour that has nothing to say and says it over and over again"),
        Deed::Sgi => _ = interrupt::self_latency(),
        Deed::Timer => _ = interrupt::timer_latency(AT_ONCE, || ()),
        Deed::Wfi => interrupt::sleep(1),
        Deed::Debug => thrash(),
        Deed::Maintenance => maintenance::all(),
    }
}

/// Every switch to or from such a guest moves the whole bank.
fn thrash() {
    for kind in [Kind::Bvr, Kind::Wvr] {
        (0..debug::count(kind)).for_each(|n| debug::write(kind, n, 0x1000));
    }
    debug::set_mdscr(debug::MDE);
    debug::set_os_lock(true);
    debug::set_os_lock(false);
}
