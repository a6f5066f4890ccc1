// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every implemented register keeps what is written, its own value and no neighbour's.

use crate::pattern::{self, Kind};
use crate::runtime::{debug, psci, report::check};

pub fn run(pattern: u16) {
    registers(pattern);
    claim();
    debug::reset();
}

/// Those that come in numbers.
pub fn registers(pattern: u16) {
    debug::reset();
    zero_register();
    write_all(pattern);
    check_all(pattern, "");
    psci::version();
    check_all(pattern, ".after_exit");
    // All bits turned over, so that nothing was a leftover.
    write_all(!pattern);
    check_all(!pattern, ".inverted");
    debug::reset();
}

fn write_all(pattern: u16) {
    for kind in Kind::ALL {
        (0..debug::count(kind)).for_each(|n| debug::write(kind, n, pattern::value(pattern, kind, n)));
    }
}

fn check_all(pattern: u16, when: &str) {
    for kind in Kind::ALL {
        for n in 0..debug::count(kind) {
            let name = format_args!("readback.{}{n}{when}", kind.name());
            check(name, pattern::value(pattern, kind, n), debug::read(kind, n));
        }
    }
}

/// Register 31 of these instructions is XZR, never SP.
fn zero_register() {
    debug::write(Kind::Bvr, 0, 0x1230);
    check("xzr.stack_kept", 1, debug::zero_register_is_not_sp().into());
    check("xzr.write", 0, debug::read(Kind::Bvr, 0));
}

/// The claim tags: set, cleared, read back.
pub fn claim() {
    debug::clear_claim_tags(0xff);
    debug::set_claim_tags(0xa5);
    debug::clear_claim_tags(0x81);
    debug::set_claim_tags(0x02);
    check("claim.tags", 0x26, debug::claim_tags());
    debug::clear_claim_tags(0xff);
    check("claim.clear", 0, debug::claim_tags());
}
