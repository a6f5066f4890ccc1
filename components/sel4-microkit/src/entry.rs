// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the first instruction to `init`.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;

/// Bytes from the initial stack pointer up to the IPC buffer: a page that is not mapped. Microkit's tool and ours both
/// lay a protection domain out like this, at the end of address spaces of different sizes.
pub const STACK_TO_IPC_BUFFER: usize = 0x1000;

/// A stack; of no bytes when the tool maps one.
#[repr(C, align(16))]
pub struct Stack<const N: usize>(UnsafeCell<[u8; N]>);

// SAFETY: only the entry code uses it, once, as the one thread's stack.
unsafe impl<const N: usize> Sync for Stack<N> {}

impl<const N: usize> Stack<N> {
    /// Zeros.
    #[allow(clippy::new_without_default, reason = "const, and only for the macro")]
    pub const fn new() -> Self {
        const { assert!(N.is_multiple_of(16)) };
        Self(UnsafeCell::new([0; N]))
    }

    /// Where it starts to grow down from; null for none.
    pub const fn top(&'static self) -> StackTop {
        if N == 0 {
            return StackTop(core::ptr::null_mut());
        }
        // SAFETY: one past the end of the same object.
        StackTop(unsafe { self.0.get().cast::<u8>().add(N) })
    }
}

/// The initial stack pointer.
#[repr(transparent)]
pub struct StackTop(#[allow(dead_code, reason = "read by the entry code")] *mut u8);

// SAFETY: never written.
unsafe impl Sync for StackTop {}

#[cfg(target_os = "none")]
core::arch::global_asm!(
    ".section .text.start, \"ax\"",
    ".global _start",
    ".type _start, %function",
    "_start:",
    "    mov x0, sp",
    "    mrs x1, tpidr_el0",
    "    adrp x9, __sel4_microkit_stack_top",
    "    ldr x9, [x9, :lo12:__sel4_microkit_stack_top]",
    "    cbz x9, 1f",
    "    mov sp, x9",
    "1:  mov x29, xzr",
    "    mov x30, xzr",
    "    b {rust_entry}",
    ".previous",
    rust_entry = sym rust_entry,
);

#[cfg(target_os = "none")]
unsafe extern "Rust" {
    fn __sel4_microkit_main() -> !;
}

#[cfg(target_os = "none")]
extern "C" fn rust_entry(stack_pointer: usize, thread_pointer: usize) -> ! {
    // A parent that restarts this PD sets the PC alone: then the thread pointer is what the run before left.
    let address = match thread_pointer & !1 {
        0 => stack_pointer + STACK_TO_IPC_BUFFER,
        address => address,
    };
    let ipc_buffer = core::ptr::with_exposed_provenance_mut::<sel4::IpcBuffer>(address);
    // SAFETY: the tool maps a page there for this thread alone.
    sel4::set_ipc_buffer(unsafe { &mut *ipc_buffer });
    // SAFETY: `declare_protection_domain!` defines it with this signature.
    unsafe { __sel4_microkit_main() }
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    sel4::debug_println!("{}|ERROR: {info}", crate::pd_name().unwrap_or("?"));
    loop {
        // SAFETY: an undefined instruction hands the thread over to its fault handler, which reports it.
        unsafe { core::arch::asm!("udf #0", options(nomem, nostack)) };
    }
}
