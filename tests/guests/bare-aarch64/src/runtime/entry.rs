// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Image header, the first instructions and the vectors.

use core::arch::global_asm;

use dtoolkit::fdt::Fdt;

use super::exception::Frame;
use super::{console, msr, platform, psci};
use crate::mode;
use crate::options::{BadOption, Options};

global_asm!(
    r#"
    .section .head, "ax"
    .global head
head:
    b       start
    .long   0
    .quad   TEXT_OFFSET
    .quad   __image_size
    .quad   2                       // little-endian, 4 KiB pages
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

start:
    adrp    x1, __stack_top
    add     x1, x1, :lo12:__stack_top
    mov     sp, x1
    adrp    x1, __bss_start
    add     x1, x1, :lo12:__bss_start
    adrp    x2, __bss_end
    add     x2, x2, :lo12:__bss_end
1:  cmp     x1, x2
    b.hs    2f
    stp     xzr, xzr, [x1], #16
    b       1b
2:  adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    isb
    bl      guest_main
    b       .

    .macro VECTOR
    .balign 0x80
    sub     sp, sp, #288
    stp     x0, x1, [sp, #0]
    b       save
    .endm

    // An interrupt taken at EL1: when is what counts.
    .macro INTERRUPT_VECTOR
    .balign 0x80
    sub     sp, sp, #288
    stp     x0, x1, [sp, #0]
    mrs     x0, cntvct_el0
    b       save_interrupt
    .endm

    // An FIQ says so by no time.
    .macro FIQ_VECTOR
    .balign 0x80
    sub     sp, sp, #288
    stp     x0, x1, [sp, #0]
    mov     x0, xzr
    b       save_interrupt
    .endm

    // Keeps the registers, calls the handler and goes back.
    .macro SAVE handler
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x30, x1, [sp, #240]
    mrs     x3, esr_el1
    stp     x2, x3, [sp, #256]
    mrs     x4, far_el1
    str     x4, [sp, #272]
    mov     x0, sp
    bl      \handler
    ldp     x30, x1, [sp, #240]
    ldr     x2, [sp, #256]
    msr     elr_el1, x1
    msr     spsr_el1, x2
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp, #0]
    add     sp, sp, #288
    eret
    .endm

    .text
    .balign 0x800
vectors:
    .rept 5
    VECTOR
    .endr
    INTERRUPT_VECTOR
    FIQ_VECTOR
    .rept 9
    VECTOR
    .endr

save:
    SAVE exception_entry

    // Exceptions of a guest that has a debugger: those of EL1 itself go there first.
    .macro DEBUGGER_VECTOR
    .balign 0x80
    sub     sp, sp, #288
    stp     x0, x1, [sp, #0]
    b       save_for_debugger
    .endm

    .balign 0x800
    .global debugger_vectors
debugger_vectors:
    .rept 4
    VECTOR
    .endr
    DEBUGGER_VECTOR
    .rept 11
    VECTOR
    .endr

save_for_debugger:
    SAVE debugger_entry
"#
);

#[unsafe(no_mangle)]
extern "C" fn exception_entry(frame: &mut Frame) {
    super::exception::handle(frame);
}

#[unsafe(no_mangle)]
extern "C" fn debugger_entry(frame: &mut Frame) {
    super::debugger::handle(frame);
}

unsafe extern "C" {
    /// The vectors of a guest that has a debugger.
    static debugger_vectors: u8;
}

/// From now on the debugger has the exceptions that EL1 takes of its own code.
pub(super) fn let_debugger_have_exceptions() {
    msr!("vbar_el1", &raw const debugger_vectors as u64);
    super::instruction!("isb");
}

#[unsafe(no_mangle)]
extern "C" fn guest_main(device_tree: *const u8) -> ! {
    let Some(tree) = device_tree_at(device_tree) else {
        console::println!("FAIL options: no device tree");
        psci::system_off()
    };
    platform::discover(tree);
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
    const LIMIT: usize = 0x20_0000;
    /// Magic and total size.
    const START: usize = 8;
    if address.is_null() {
        return None;
    }
    // SAFETY: the boot protocol puts a device tree here and nothing of ours overlaps it.
    let start = unsafe { core::slice::from_raw_parts(address, START) };
    let size = u32::from_be_bytes(*start.last_chunk()?) as usize;
    if start[..4] != [0xd0, 0x0d, 0xfe, 0xed] || size > LIMIT {
        return None;
    }
    // SAFETY: as above, for the size that the tree claims.
    Fdt::new(unsafe { core::slice::from_raw_parts(address, size) }).ok()
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    console::println!("FAIL panic: {info}");
    psci::system_off()
}
