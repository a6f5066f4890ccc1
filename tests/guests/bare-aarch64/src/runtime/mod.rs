// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the modes stand on. All of the guest's unsafe code is in here.
#![allow(unsafe_code)]

pub mod console;
pub mod counter;
pub mod debug;
pub mod debugger;
pub mod encoding;
pub mod entry;
pub mod exception;
pub mod features;
pub mod form;
pub mod gic;
pub mod interrupt;
pub mod maintenance;
pub mod physical_timer;
pub mod platform;
pub mod probe;
pub mod psci;
pub mod report;
pub mod rtc;
pub mod secondary;
pub mod semihosting;
pub mod singular;
pub mod sweep;
pub mod uart;
pub mod virtio;

/// Reads a system register by its assembler name.
macro_rules! mrs {
    ($name:expr) => {{
        let value: u64;
        // SAFETY: reading has no effect on memory; an undefined register is the exception handler's matter.
        unsafe { core::arch::asm!(concat!("mrs {}, ", $name), out(reg) value, options(nostack)) };
        value
    }};
}

/// Writes a system register by its assembler name.
macro_rules! msr {
    ($name:expr, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: the registers that the guest writes control its debugging, timer and vectors, never its memory.
        unsafe { core::arch::asm!(concat!("msr ", $name, ", {}"), in(reg) value, options(nostack)) }
    }};
}

/// One instruction without operands.
macro_rules! instruction {
    ($text:expr) => {
        // SAFETY: barriers, waits and exceptions that the handler returns from with all registers kept.
        unsafe { core::arch::asm!($text, options(nostack)) }
    };
}

pub(crate) use {instruction, mrs, msr};
