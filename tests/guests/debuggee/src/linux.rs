// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entry, system calls, and the work that is debugged.
#![allow(unsafe_code)]

use core::arch::asm;
use core::sync::atomic::{AtomicU64, Ordering};

const WRITE: u64 = 64;
const EXIT: u64 = 93;

/// What a debugger watches: 0, 7, 14, 21.
#[unsafe(no_mangle)]
pub static COUNTER: AtomicU64 = AtomicU64::new(0);

/// What a debugger breaks at.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn work(step: u64) {
    COUNTER.store(COUNTER.load(Ordering::Relaxed) + step, Ordering::Relaxed);
}

/// Linux starts here.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    for _ in 0..3 {
        work(7);
    }
    print(b"debuggee: done\n");
    exit(u64::from(COUNTER.load(Ordering::Relaxed) != 21))
}

fn print(text: &[u8]) {
    // SAFETY: Linux reads `text` and changes only x0.
    unsafe {
        asm!("svc #0", in("x8") WRITE, inout("x0") 1u64 => _, in("x1") text.as_ptr(), in("x2") text.len(),
             options(nostack));
    }
}

fn exit(code: u64) -> ! {
    // SAFETY: the process ends here.
    unsafe { asm!("svc #0", in("x8") EXIT, in("x0") code, options(noreturn, nostack)) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(101)
}
