// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's debug calls; a kernel without them makes them faults, so they compile to nothing there.

use core::fmt;

use crate::{
    Cap, CapType, InvocationContext, cap, sel4_cfg_bool,
    sys::syscall::Syscall,
    syscalls::{Registers, enter},
};

/// Corresponds to `seL4_DebugPutChar`; nothing without PRINTING.
pub fn debug_put_char(c: u8) {
    if sel4_cfg_bool!(PRINTING) {
        enter(Syscall::DebugPutChar, Registers { x0: c.into(), ..Default::default() });
    }
}

/// Corresponds to `seL4_DebugHalt`; nothing without DEBUG_BUILD.
pub fn debug_halt() {
    if sel4_cfg_bool!(DEBUG_BUILD) {
        enter(Syscall::DebugHalt, Registers::default());
    }
}

/// Corresponds to `seL4_DebugSnapshot`; nothing without DEBUG_BUILD.
pub fn debug_snapshot() {
    if sel4_cfg_bool!(DEBUG_BUILD) {
        enter(Syscall::DebugSnapshot, Registers::default());
    }
}

impl<T: CapType> Cap<T> {
    /// Corresponds to `seL4_DebugCapIdentify`; 0, as for an empty slot, without DEBUG_BUILD.
    pub fn debug_identify(self) -> u32 {
        if !sel4_cfg_bool!(DEBUG_BUILD) {
            return 0;
        }
        enter(Syscall::DebugCapIdentify, Registers { x0: self.bits(), ..Default::default() }).x0 as u32
    }
}

impl<C: InvocationContext> cap::Tcb<C> {
    /// Corresponds to `seL4_DebugNameThread`; nothing without DEBUG_BUILD.
    pub fn debug_name(self, name: &[u8]) {
        if !sel4_cfg_bool!(DEBUG_BUILD) {
            return;
        }
        self.invoke(|cptr, ipc_buffer| {
            let bytes = ipc_buffer.msg_bytes_mut();
            let length = name.len().min(bytes.len() - 1);
            bytes[..length].copy_from_slice(&name[..length]);
            bytes[length] = 0;
            enter(Syscall::DebugNameThread, Registers { x0: cptr.bits(), ..Default::default() });
        })
    }
}

/// Writes on the kernel's console.
#[derive(Debug, Clone, Copy, Default)]
pub struct DebugWrite;

impl fmt::Write for DebugWrite {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        s.bytes().for_each(debug_put_char);
        Ok(())
    }
}

#[doc(hidden)]
pub fn debug_print_helper(args: fmt::Arguments<'_>) {
    // `DebugWrite` takes everything; only a `Display` of the caller's can fail, and then there is nobody to tell.
    let _ = fmt::write(&mut DebugWrite, args);
}

/// Prints on the kernel's console.
#[macro_export]
macro_rules! debug_print {
    ($($arg:tt)*) => ($crate::_private::debug_print_helper(format_args!($($arg)*)));
}

/// Prints a line on the kernel's console.
#[macro_export]
macro_rules! debug_println {
    () => ($crate::debug_print!("\n"));
    ($($arg:tt)*) => ($crate::debug_print!("{}\n", format_args!($($arg)*)));
}
