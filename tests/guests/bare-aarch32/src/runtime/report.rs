// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checks, counted and printed.

use core::fmt::Display;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::console::println;

static PASSED: AtomicU32 = AtomicU32::new(0);
static FAILED: AtomicU32 = AtomicU32::new(0);

/// Prints a line for the check.
pub fn check(name: impl Display, expected: u32, got: u32) {
    if expected == got {
        println!("PASS {name}");
    }
    check_quietly(name, expected, got);
}

/// As [`check`], but silent when it holds.
pub fn check_quietly(name: impl Display, expected: u32, got: u32) {
    if expected == got {
        increment(&PASSED);
    } else {
        println!("FAIL {name} expected {expected:#x} got {got:#x}");
        increment(&FAILED);
    }
}

/// How many have failed so far.
pub fn failed() -> u32 {
    FAILED.load(Relaxed)
}

/// The last line.
pub fn finish(mode: &str) {
    println!("GUEST {mode}: {} passed, {} failed", PASSED.load(Relaxed), FAILED.load(Relaxed));
}

/// Not an atomic update: with the MMU off there are no exclusives.
fn increment(counter: &AtomicU32) {
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}
