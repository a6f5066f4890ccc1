// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operations between two marks, for somebody who watches every instruction.
//!
//! Before each, the guest tells QEMU by semihosting, which no hypervisor sees, `TRACE op=NAME count=N begin=A end=A`
//! and waits until it may go on; after it, `TRACED`; at the end, `DONE`. A are the addresses of the marks.

use super::operations::{self, Visitor};
use crate::options::Options;
use crate::runtime::{console::println, semihosting};

const COUNT: u64 = 4;

/// Runs all operations, and has that one watched which is asked for, or all.
pub fn run(options: &Options<'_>) -> &'static str {
    let mut tracer = Tracer { wanted: options.id, found: false };
    operations::visit(&mut tracer);
    if !tracer.found {
        println!("FAIL trace: no operation '{}'", options.id);
    }
    semihosting::tell(format_args!("DONE\n"));
    "trace"
}

struct Tracer<'a> {
    wanted: &'a str,
    found: bool,
}

impl Tracer<'_> {
    fn watched(&mut self, name: &str, count: u64, before: impl Fn(), operation: impl Fn()) {
        self.found = true;
        let (begin, end) = (semihosting::begin_address(), semihosting::end_address());
        semihosting::tell(format_args!("TRACE op={name} count={count} begin={begin:#x} end={end:#x}\n"));
        before();
        semihosting::begin();
        (0..core::hint::black_box(count)).for_each(|_| operation());
        semihosting::end();
        semihosting::tell(format_args!("TRACED\n"));
    }

    fn is_wanted(&self, name: &str) -> bool {
        self.wanted == name || self.wanted == "all"
    }
}

impl Visitor for Tracer<'_> {
    fn repeat(&mut self, name: &str, operation: impl Fn()) {
        operation();
        if self.is_wanted(name) {
            self.watched(name, COUNT, || (), operation);
        }
    }

    fn once(&mut self, name: &str, operation: impl Fn()) {
        if self.is_wanted(name) {
            self.watched(name, 1, || (), operation);
        } else {
            operation();
        }
    }

    fn after(&mut self, name: &str, before: impl Fn(), operation: impl Fn()) {
        if self.is_wanted(name) {
            self.watched(name, 1, before, operation);
        }
    }
}
