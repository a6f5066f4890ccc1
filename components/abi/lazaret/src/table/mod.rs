// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of the extension's invocations. Labels, argument structs, the kernel's refusals, the documentation, the
//! conformance rows and the fuzzers are made from it.

mod alarm;
mod debugger;
mod interrupt;
mod pages;
mod run;
mod state;
mod vcpu;

pub use alarm::*;
pub use debugger::*;
pub use interrupt::*;
pub use pages::*;
pub use run::*;
pub use state::*;
pub use vcpu::*;

use crate::Row;
use sel4_abi::invocation::FIRST_EXTENSION;

/// The first label that is nobody's.
pub const END: u64 = alarm::END;

/// All invocations of the extension, by label. A constant: the shim links this crate and is proved to have no statics.
pub const ROWS: &[Row; COUNT] = &{
    let mut rows = [vcpu::ROWS[0]; COUNT];
    let parts = [vcpu::ROWS, run::ROWS, state::ROWS, pages::ROWS, interrupt::ROWS, debugger::ROWS, alarm::ROWS];
    let mut part = 0;
    while part < parts.len() {
        let mut n = 0;
        while n < parts[part].len() {
            let row = parts[part][n];
            rows[(row.label - FIRST_EXTENSION) as usize] = row;
            n += 1;
        }
        part += 1;
    }
    rows
};

const COUNT: usize = (END - FIRST_EXTENSION) as usize;

/// The row of a label.
pub const fn row(label: u64) -> Option<&'static Row> {
    if label >= FIRST_EXTENSION && label < END { Some(&ROWS[(label - FIRST_EXTENSION) as usize]) } else { None }
}
