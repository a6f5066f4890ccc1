// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every register keeps what was written to it, trapped or not.

use bare_aarch64::pattern::{Kind, value};

use crate::runtime::exception::{forget, total};
use crate::runtime::{debug, psci, report::check};

pub fn run(pattern: u16) {
    forget();
    // B1: DBGDSCRext as the first debug register that is written.
    debug::set_status(debug::MDBGEN);
    check("readback.dscr.first", debug::MDBGEN, debug::status() & debug::MDBGEN);
    debug::set_status(0);
    for kind in Kind::ALL {
        (0..debug::count(kind)).for_each(|n| debug::write(kind, n, value(pattern, kind, n) as u32));
    }
    for when in ["at_once", "after_an_exit"] {
        for kind in Kind::ALL {
            for n in 0..debug::count(kind) {
                let name = format_args!("readback.{}{n}.{when}", kind.name());
                check(name, value(pattern, kind, n) as u32, debug::read(kind, n));
            }
        }
        psci::version();
    }
    debug::set_claim_tags(0xa5);
    check("readback.claim", 0xa5, debug::claim_tags());
    debug::set_claim_tags(0);
    check("readback.quiet", 0, total());
    debug::reset();
}
