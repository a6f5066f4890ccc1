// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where Linux starts a 32-bit program: the name that it was called by says which.
#![allow(unsafe_code)]

use core::arch::global_asm;

use crate::{accesses, watcher};

// The number of arguments and their addresses are on the stack.
global_asm!(
    "
    .global _start
_start:
    ldr     r0, [sp, #4]
    b       start
"
);

/// `name`: the path that the program was started by, ended by a zero.
#[unsafe(no_mangle)]
extern "C" fn start(name: *const u8) -> ! {
    // SAFETY: Linux gives at least one argument, and strings end with a zero.
    let name = unsafe { core::ffi::CStr::from_ptr(name.cast()) };
    if name.to_bytes().ends_with(b"accesses") { accesses::run() } else { watcher::run() }
}
