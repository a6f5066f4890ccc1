// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a 32-bit program asks of Linux, and what it says.
#![allow(unsafe_code)]

use core::arch::asm;

/// System calls of the EABI.
pub const EXIT: u32 = 1;
pub const FORK: u32 = 2;
pub const WRITE: u32 = 4;
pub const GETPID: u32 = 20;
pub const PTRACE: u32 = 26;
pub const KILL: u32 = 37;
pub const WAIT4: u32 = 114;

/// Waits for a child, and returns its status.
pub fn wait(child: u32) -> u32 {
    let mut status = 0u32;
    call(WAIT4, [child, &raw mut status as u32, 0, 0]);
    status
}

/// The status of a child that a signal has stopped.
pub const fn stopped(signal: u32) -> u32 {
    0x7f | signal << 8
}

/// The status of a child that has ended.
pub const fn exited(code: u32) -> u32 {
    code << 8
}

/// A text, a number below 100, an end of line.
pub fn print_number(text: &[u8], number: u32) {
    print(text);
    if number > 9 {
        print(&[b'0' + (number / 10 % 10) as u8]);
    }
    print(&[b'0' + (number % 10) as u8, b'\n']);
}

/// Writes to standard output.
pub fn print(text: &[u8]) {
    call(WRITE, [1, text.as_ptr() as u32, text.len() as u32, 0]);
}

/// Ends with a complaint.
pub fn fail(why: &[u8]) -> ! {
    print(b"FAIL: ");
    print(why);
    print(b"\n");
    exit(1)
}

/// Ends.
pub fn exit(code: u32) -> ! {
    call(EXIT, [code, 0, 0, 0]);
    loop {
        core::hint::spin_loop();
    }
}

/// A system call.
pub fn call(number: u32, arguments: [u32; 4]) -> u32 {
    let [a, b, c, d] = arguments;
    let mut result = a;
    // SAFETY: Linux reads and writes only what the arguments of the calls above point at, and changes r0.
    unsafe {
        asm!("svc #0", in("r7") number, inout("r0") result, in("r1") b, in("r2") c, in("r3") d, options(nostack));
    }
    result
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    fail(b"panic")
}
