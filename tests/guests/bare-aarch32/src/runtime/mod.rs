// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the modes stand on. All of the guest's unsafe code is in here.
#![allow(unsafe_code)]

pub mod console;
pub mod debug;
pub mod encoding;
pub mod entry;
pub mod exception;
pub mod form;
pub mod interrupt;
pub mod physical_timer;
pub mod probe;
pub mod psci;
pub mod report;
pub mod singular;

/// `MRC`: everything but Rt as in the assembler's text.
macro_rules! mrc {
    ($before:expr, $after:expr) => {{
        let value: u32;
        // SAFETY: reading has no effect on memory; an undefined register is the exception handler's matter.
        unsafe { core::arch::asm!(concat!("mrc ", $before, ", {}, ", $after), out(reg) value, options(nostack)) };
        value
    }};
}

/// `MCR`.
macro_rules! mcr {
    ($before:expr, $after:expr, $value:expr) => {{
        let value: u32 = $value;
        // SAFETY: the registers that the guest writes control its debugging, timer and vectors, never its memory.
        unsafe { core::arch::asm!(concat!("mcr ", $before, ", {}, ", $after), in(reg) value, options(nostack)) }
    }};
}

/// Instructions without operands; a register may be lost.
macro_rules! instruction {
    ($text:expr $(, $operand:tt($register:tt) _)?) => {
        // SAFETY: barriers, waits and exceptions that the handler returns from with all registers kept.
        unsafe { core::arch::asm!($text, $($operand($register) _,)? options(nostack)) }
    };
}

pub(crate) use {instruction, mcr, mrc};
