// SPDX-License-Identifier: MIT OR Apache-2.0
//! 32-bit Linux: a debugger and its debuggee in one program. The child writes a variable, the parent has a hardware
//! watchpoint on it, and both say what they saw.
#![allow(unsafe_code)]

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::calls::{FORK, GETPID, KILL, PTRACE, call, exit, exited, fail, print, print_number, stopped, wait};

/// ptrace's requests.
const TRACEME: u32 = 0;
const CONT: u32 = 7;
const GETHBPREGS: u32 = 29;
const SETHBPREGS: u32 = 30;
const GETSIGINFO: u32 = 0x4202;

/// ptrace's numbers of the registers: information, the first breakpoint, the first watchpoint.
const INFO: u32 = 0;
const BREAKPOINT_ADDRESS: u32 = 1;
const BREAKPOINT_CONTROL: u32 = 2;
const WATCHPOINT_ADDRESS: u32 = -1i32 as u32;
const WATCHPOINT_CONTROL: u32 = -2i32 as u32;
/// A control: enabled, for user mode, on four bytes; for a breakpoint, and for loads and stores. Of stores alone Linux
/// would not see one in QEMU 10.0, whose DFSR never says that a watchpoint's access was a write.
const ENABLED: u32 = 1;
const EXECUTE: u32 = ENABLED | 2 << 1 | 0xf << 5;
const ACCESS: u32 = EXECUTE | 3 << 3;

const SIGTRAP: u32 = 5;
const SIGSTOP: u32 = 19;
/// siginfo's code: a hardware breakpoint or watchpoint.
const TRAP_HWBKPT: u32 = 4;
const ROUNDS: u32 = 3;

/// What the parent watches: 7, 14, 21.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Where the store is.
#[inline(never)]
extern "C" fn work(value: u32) {
    COUNTER.store(value, Ordering::Relaxed);
}

/// What the parent breaks at, to be past the store.
#[inline(never)]
extern "C" fn mark() {
    // SAFETY: nothing; it keeps this function one of its own.
    unsafe { asm!("nop", options(nostack)) }
}

/// The program.
pub fn run() -> ! {
    match call(FORK, [0; 4]) as i32 {
        0 => child(),
        pid if pid < 0 => fail(b"no child"),
        pid => parent(pid as u32),
    }
}

fn child() -> ! {
    call(PTRACE, [TRACEME, 0, 0, 0]);
    let me = call(GETPID, [0; 4]);
    call(KILL, [me, SIGSTOP, 0, 0]);
    for round in 1..=ROUNDS {
        work(7 * round);
        mark();
    }
    exit(COUNTER.load(Ordering::Relaxed))
}

fn parent(child: u32) -> ! {
    if wait(child) != stopped(SIGSTOP) {
        fail(b"the child did not stop");
    }
    let information = get(child, INFO);
    print_number(b"watcher: breakpoints: ", information & 0xff);
    print_number(b"watcher: watchpoints: ", information >> 8 & 0xff);
    let (variable, code) = (COUNTER.as_ptr() as u32, mark as extern "C" fn() as usize as u32);
    set(child, WATCHPOINT_ADDRESS, variable);
    set(child, BREAKPOINT_ADDRESS, code);
    for round in 1..=ROUNDS {
        // The store is still to come when its watchpoint hits: the breakpoint is behind it.
        set(child, WATCHPOINT_CONTROL, ACCESS);
        expect_hit(child, variable, b"watcher: watchpoint hit ", round);
        set(child, WATCHPOINT_CONTROL, ACCESS & !ENABLED);
        set(child, BREAKPOINT_CONTROL, EXECUTE);
        expect_hit(child, code, b"watcher: breakpoint hit ", round);
        set(child, BREAKPOINT_CONTROL, EXECUTE & !ENABLED);
    }
    go_on(child);
    if wait(child) != exited(7 * ROUNDS) {
        fail(b"the child ended otherwise");
    }
    print(b"watcher: done\n");
    exit(0)
}

/// Lets the child run into a hardware breakpoint or watchpoint at an address.
fn expect_hit(child: u32, address: u32, what: &[u8], round: u32) {
    go_on(child);
    if wait(child) != stopped(SIGTRAP) {
        fail(b"no trap");
    }
    let mut information = [0u32; 32];
    request(GETSIGINFO, child, 0, information.as_mut_ptr());
    let [_, _, code, at, ..] = information;
    if code != TRAP_HWBKPT || at & !3 != address & !3 {
        fail(b"another trap");
    }
    print_number(what, round);
}

fn go_on(child: u32) {
    request(CONT, child, 0, core::ptr::null_mut());
}

/// A debug register by ptrace's number.
fn get(child: u32, number: u32) -> u32 {
    let mut value = 0;
    request(GETHBPREGS, child, number, &raw mut value);
    value
}

fn set(child: u32, number: u32, mut value: u32) {
    request(SETHBPREGS, child, number, &raw mut value);
}

fn request(request: u32, child: u32, address: u32, data: *mut u32) {
    if call(PTRACE, [request, child, address, data as u32]) as i32 != 0 {
        print_number(b"watcher: ptrace request ", request);
        fail(b"ptrace refused");
    }
}
