// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the first instruction to `init`.
#![allow(unsafe_code)]

/// Bytes from the initial stack pointer up to the IPC buffer: a page that is not mapped. Microkit's tool and ours both
/// lay a protection domain out like this, at the end of address spaces of different sizes.
pub const STACK_TO_IPC_BUFFER: usize = 0x1000;

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
    sel4_runtime::stop()
}
