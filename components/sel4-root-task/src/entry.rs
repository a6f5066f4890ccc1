// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the kernel's hand-over to `main`.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;

/// A stack.
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

    /// Where it starts to grow down from.
    pub const fn top(&'static self) -> StackTop {
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
    "    adrp x9, __sel4_root_task_stack_top",
    "    ldr x9, [x9, :lo12:__sel4_root_task_stack_top]",
    "    mov sp, x9",
    "    mov x29, xzr",
    "    mov x30, xzr",
    "    b {rust_entry}",
    ".previous",
    rust_entry = sym rust_entry,
);

#[cfg(target_os = "none")]
unsafe extern "Rust" {
    fn __sel4_root_task_main(bootinfo: &sel4::BootInfoPtr) -> !;
}

#[cfg(target_os = "none")]
extern "C" fn rust_entry(bootinfo: *const sel4::BootInfo) -> ! {
    // SAFETY: the kernel hands the address of BootInfo over in x0.
    let bootinfo = unsafe { sel4::BootInfoPtr::new(bootinfo) };
    // SAFETY: the kernel maps the buffer where BootInfo says, and only this thread uses it.
    sel4::set_ipc_buffer(unsafe { &mut *bootinfo.ipc_buffer() });
    // SAFETY: `declare_root_task!` defines it with this signature.
    unsafe { __sel4_root_task_main(&bootinfo) }
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    sel4::debug_println!("MON|ERROR: root task: {info}");
    loop {
        // SAFETY: an undefined instruction ends the thread: the root task has no fault handler.
        unsafe { core::arch::asm!("udf #0", options(nomem, nostack)) };
    }
}
