// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system-call instruction: the one place that enters the kernel.
#![allow(unsafe_code)]

use crate::{Word, sys::syscall::Syscall};

/// The registers of a system call, before and after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// x0: capability, then badge.
    pub x0: Word,
    /// x1: message info.
    pub x1: Word,
    /// x2 to x5: message registers 0 to 3.
    pub mr: [Word; 4],
    /// x6: reply capability (or destination of NBSendWait).
    pub x6: Word,
    /// x8: destination of NBSendRecv.
    pub x8: Word,
}

/// Enters the kernel. What the call makes of the IPC buffer is the caller's concern: buffers are only reached
/// through `state`, which holds no reference across a call that it did not hand in.
#[inline(always)]
pub fn enter(number: Syscall, registers: Registers) -> Registers {
    enter_number(number.number(), registers)
}

/// As [`enter`], for numbers that are no system call as well: those are faults.
#[cfg(target_os = "none")]
#[inline(always)]
pub fn enter_number(number: i64, registers: Registers) -> Registers {
    let mut out = registers;
    // SAFETY: `svc` changes x0 to x5 and the IPC buffer; the absent `nomem` tells the compiler about the latter.
    unsafe {
        core::arch::asm!(
            "svc #0",
            inout("x0") out.x0,
            inout("x1") out.x1,
            inout("x2") out.mr[0],
            inout("x3") out.mr[1],
            inout("x4") out.mr[2],
            inout("x5") out.mr[3],
            in("x6") registers.x6,
            in("x7") number,
            in("x8") registers.x8,
            options(nostack),
        );
    }
    out
}

/// Asks the recording stand-in.
#[cfg(not(target_os = "none"))]
pub fn enter_number(number: i64, registers: Registers) -> Registers {
    Syscall::from_number(number).map_or(registers, |number| crate::fake::enter(number, registers))
}
