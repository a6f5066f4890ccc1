// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the kernel's hand-over to `main`.
#![allow(unsafe_code)]

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
    sel4::debug_println!("{}MON|ERROR: root task: {info}", lazaret_abi::console::FATAL);
    sel4_runtime::stop()
}
