// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bugs of the kernel: nothing of any guest fires from here on, and the machine stops.

use crate::arch::console::Console;
use crate::arch::{stop, sysreg, this_kernel};
use core::fmt::Write as _;
use core::panic::PanicInfo;
use lazaret_abi::console::FATAL;

/// A bug that the kernel's own checks found.
pub fn panic(info: &PanicInfo<'_>) -> ! {
    this_kernel().cpu.arch.disarm_debug();
    // The console never fails.
    let _ = writeln!(Console, "\n{FATAL}KRN|ERROR: {info}");
    stop()
}

/// An exception of the kernel itself. Nothing can be saved: say what is known and stop.
pub(super) extern "C" fn exception(kind: u64, esr: u64, elr: u64, sp: u64) -> ! {
    this_kernel().cpu.arch.disarm_debug();
    let far = sysreg::far_el2::read();
    // The console never fails.
    let _ = writeln!(
        Console,
        "\n{FATAL}KRN|ERROR: exception {kind} in the kernel: esr {esr:#x} elr {elr:#x} far {far:#x} sp {sp:#x}"
    );
    stop()
}
