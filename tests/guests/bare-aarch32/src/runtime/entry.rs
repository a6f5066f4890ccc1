// SPDX-License-Identifier: MIT OR Apache-2.0
//! The zImage header, the first instructions and the vectors.

use core::arch::global_asm;

use bare_aarch64::options::{BadOption, Options};
use dtoolkit::fdt::Fdt;

use super::{console, psci};
use crate::mode;

global_asm!(
    r#"
    .section .head, "ax"
    .arm
    .global head
head:
    b       start
    .rept 8
    nop
    .endr
    .word   0x016f2818              // magic at 0x24
    .word   0                       // from here
    .word   __image_size            // to here
    .word   0x04030201

start:
    mov     r4, r2
    cps     #0x1b                   // Undefined
    ldr     sp, =__und_stack_top
    cps     #0x17                   // Abort
    ldr     sp, =__abt_stack_top
    cps     #0x1f                   // System: User's stack
    ldr     sp, =__usr_stack_top
    cps     #0x13                   // Supervisor
    ldr     sp, =__stack_top
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b
    ldr     r0, =vectors
    mcr     p15, 0, r0, c12, c0, 0  // VBAR
    isb
    mov     r0, r4
    bl      guest_main
    b       .

    // Registers r0 to r12, the preferred return address and the SPSR make a frame; the handler changes the last two.
    // The return takes them from memory: QEMU 10.0 can lose an SPSR while another 32-bit guest runs.
    .macro HANDLE kind
    sub     sp, sp, #12             // 64 bytes: the stack stays aligned
    push    {{r0-r12}}
    mrs     r2, spsr
    str     lr, [sp, #56]
    str     r2, [sp, #60]
    mov     r0, sp
    mov     r1, #\kind
    bl      exception_entry
    pop     {{r0-r12}}
    add     sp, sp, #4
    rfeia   sp!
    .endm

    .text
    .arm
    .balign 32
vectors:
    b       .
    b       undefined_vector
    b       el0_is_done             // SVC
    b       prefetch_vector
    b       data_vector
    b       .
    b       .                       // IRQ: masked
    b       .

undefined_vector:
    HANDLE  0
prefetch_vector:
    HANDLE  1
data_vector:
    HANDLE  2

    .ltorg
"#
);

#[unsafe(no_mangle)]
extern "C" fn exception_entry(frame: &mut super::exception::Frame, kind: u32) {
    super::exception::handle(frame, kind);
}

#[unsafe(no_mangle)]
extern "C" fn guest_main(device_tree: *const u8) -> ! {
    let Some(tree) = device_tree_at(device_tree) else {
        console::println!("FAIL options: no device tree");
        psci::system_off()
    };
    let chosen = tree.chosen();
    let arguments = chosen.as_ref().and_then(|node| node.bootargs().ok().flatten()).unwrap_or("");
    match Options::parse(arguments) {
        Ok(options) => mode::run(&options),
        Err(BadOption(word)) => console::println!("FAIL options: '{word}' means nothing"),
    }
    psci::system_off()
}

fn device_tree_at(address: *const u8) -> Option<Fdt<'static>> {
    /// Far more than the trees that get here; it only bounds the slice.
    const LIMIT: usize = 0x1_0000;
    if address.is_null() {
        return None;
    }
    // SAFETY: the boot protocol puts a device tree here, in the last 64 KiB of RAM, and nothing of ours overlaps it.
    let bytes = unsafe { core::slice::from_raw_parts(address, LIMIT) };
    let size = u32::from_be_bytes(*bytes[4..].first_chunk()?) as usize;
    Fdt::new(bytes.get(..size)?).ok()
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    console::println!("FAIL panic: {info}");
    psci::system_off()
}
