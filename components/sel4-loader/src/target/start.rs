// SPDX-License-Identifier: MIT OR Apache-2.0
//! The first instructions: the arm64 Image header, the MMU, and the jump into the kernel.

use sel4_loader::tables::{MAIR, TCR};

core::arch::global_asm!(
    r#"
    .section .text.head, "ax"
    .global _start
_start:
    b       1f
    .long   0
    .quad   0x200000                    // text_offset
    .quad   __kernel_end - _start       // image_size: the packer writes the whole file's
    .quad   2                           // flags: little endian, 4 KiB pages
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

1:  msr     daifset, #0xf
    mrs     x1, mpidr_el1
    tst     x1, #0xffffff
    b.ne    4f                          // not the boot core
    ldr     x1, =__stack_top
    mov     sp, x1
    mrs     x1, CurrentEL
    cmp     x1, #(2 << 2)
    b.ne    3f
    adr     x1, _start
    ldr     x2, =_start
    cmp     x1, x2
    b.ne    3f
    msr     spsel, #1
    bl      {map}                       // the MMU is off: the Image protocol promises it

    ldr     x1, ={mair}
    msr     mair_el2, x1
    ldr     x1, ={tcr}
    mrs     x2, id_aa64mmfr0_el1        // physical address size: this core's, at most 48 bits
    and     x2, x2, #7
    cmp     x2, #5
    b.ls    2f
    mov     x2, #5
2:  orr     x1, x1, x2, lsl #16
    msr     tcr_el2, x1
    msr     ttbr0_el2, x0
    isb
    tlbi    alle2
    dsb     sy
    isb
    mrs     x0, sctlr_el2
    mov     x1, #0x1005                 // MMU and both caches
    orr     x0, x0, x1
    msr     sctlr_el2, x0
    isb

    bl      {copy}
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    mov     x7, x0
    ldp     x0, x1, [x7]
    ldp     x2, x3, [x7, #16]
    ldp     x4, x5, [x7, #32]
    ldr     x6, [x7, #48]
    br      x6

3:  bl      {wrong_entry}
4:  wfe
    b       4b
    "#,
    map = sym super::map,
    copy = sym super::copy,
    wrong_entry = sym super::wrong_entry,
    mair = const MAIR,
    tcr = const TCR,
);
