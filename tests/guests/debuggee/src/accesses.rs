// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debug registers as a 32-bit program finds them: each is tried by a child of its own, which ends well or by a signal.
#![allow(unsafe_code)]

use core::arch::asm;

use crate::calls::{FORK, call, exit, exited, fail, print, print_number, wait};

/// A wait's status: the child was ended by it.
const SIGILL: u32 = 4;

macro_rules! accesses {
    ($($name:literal, $instruction:literal;)*) => {
        /// Names, and what tries them.
        const ACCESSES: &[(&str, fn())] = &[$(($name, || {
            // SAFETY: an access to a coprocessor changes no memory but the buffer that r1 points at, or ends this child.
            unsafe {
                let mut buffer = [0u32; 4];
                asm!($instruction, inout("r0") 0u32 => _, inout("r1") buffer.as_mut_ptr() => _, options(nostack));
            }
        })),*];
    };
}

accesses! {
    "CNTVCT", "mrrc p15, 1, r0, r1, c14";
    "DBGDIDR", "mrc p14, 0, r0, c0, c0, 0";
    "DBGDRAR", "mrc p14, 0, r0, c1, c0, 0";
    "DBGDRAR, 64 bits", "mrrc p14, 0, r0, r1, c1";
    "DBGDSAR", "mrc p14, 0, r0, c2, c0, 0";
    "DBGDSCRint", "mrc p14, 0, r0, c0, c1, 0";
    "DBGDSCRint to the flags", "mrc p14, 0, apsr_nzcv, c0, c1, 0";
    "DBGDTRRXint", "mrc p14, 0, r0, c0, c5, 0";
    "DBGDTRTXint", "mcr p14, 0, r0, c0, c5, 0";
    "DBGDTRTXint from memory", "ldc p14, c5, [r1], #4";
    "DBGDTRRXint to memory", "stc p14, c5, [r1], #4";
    "DBGDSCRext", "mrc p14, 0, r0, c0, c2, 2";
    "DBGBVR0", "mcr p14, 0, r0, c0, c0, 4";
    "DBGBCR0", "mcr p14, 0, r0, c0, c0, 5";
    "DBGWVR0", "mrc p14, 0, r0, c0, c0, 6";
    "DBGWCR0", "mcr p14, 0, r0, c0, c0, 7";
    "DBGBXVR0", "mrc p14, 0, r0, c1, c0, 1";
    "DBGVCR", "mrc p14, 0, r0, c0, c7, 0";
    "DBGOSLAR", "mcr p14, 0, r0, c1, c0, 4";
    "DBGOSLSR", "mrc p14, 0, r0, c1, c1, 4";
    "DBGCLAIMSET", "mcr p14, 0, r0, c7, c8, 6";
    "TEECR", "mrc p14, 6, r0, c0, c0, 0";
    "JIDR", "mrc p14, 7, r0, c0, c0, 0";
    "PMCR", "mrc p15, 0, r0, c9, c12, 0";
    "ACTLR2", "mrc p15, 0, r0, c1, c0, 3";
    "c15", "mrc p15, 0, r0, c15, c0, 0";
}

/// Says of each how it went: `ok`, `undefined`, or a signal's number.
pub fn run() -> ! {
    let mut undefined = 0;
    for (name, access) in ACCESSES {
        let status = match call(FORK, [0; 4]) as i32 {
            0 => {
                access();
                exit(0)
            }
            pid if pid < 0 => fail(b"no child"),
            pid => wait(pid as u32),
        };
        print(b"accesses: ");
        print(name.as_bytes());
        match status {
            SIGILL => print(b" undefined\n"),
            status if status == exited(0) => print(b" ok\n"),
            status => print_number(b" signal ", status & 0x7f),
        }
        undefined += u32::from(status == SIGILL);
    }
    print_number(b"accesses: done, undefined: ", undefined);
    exit(0)
}
