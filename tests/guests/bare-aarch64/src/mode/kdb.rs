// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel with a debugger on its console.
//!
//! It works without a word until somebody types, and then a [`debugger`] has it.

use crate::runtime::console::{self, println};
use crate::runtime::{counter, debug, debugger, probe};

/// It comes by its breakpoint so often in a second.
const WORKS: u64 = 1000;

/// For ever.
pub fn run() -> ! {
    console::listen();
    debugger::enable();
    println!("kdb: any key enters it");
    debug::with_debug_exceptions(|| {
        loop {
            let start = counter::now();
            while counter::now() - start < counter::frequency() / WORKS {}
            probe::nop();
            if console::was_typed() {
                debugger::enter();
            }
        }
    });
    unreachable!("the loop above has no end")
}
