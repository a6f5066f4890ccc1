// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entry and exit. While a thread runs, SP_EL2 points at its [`Context`](crate::object::tcb::Context), so an entry
//! needs no scratch register; the kernel runs on one stack that starts empty each time.

use super::dispatch;
use crate::kernel::Kernel;
use crate::object::tcb::{Context, Tcb};
use core::mem::offset_of;

core::arch::global_asm!(
    r#"
    .macro ENTER handler
    .balign 128
    stp     x0, x1, [sp, #0]
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
    mrs     x4, sp_el0
    mrs     x3, elr_el2
    mrs     x5, spsr_el2
    stp     x30, x4, [sp, #{lr}]
    stp     x3, x5, [sp, #{elr}]
    mov     x0, sp
    adrp    x8, __stack_top             // page-aligned
    mov     sp, x8
    mrs     x1, esr_el2
    mrs     x2, tpidr_el2               // this core's kernel
    adr     x30, lazaret_return
    b       \handler
    .endm

    .macro SERROR_IN_KERNEL
    .balign 128
    mrs     x2, elr_el2                 // in el2::serror::drain, x0 to x2 are free and x1 is where it ends
    sub     x2, x1, x2
    cmp     x2, #4
    mov     x0, #7
    b.hi    lazaret_bug                 // anywhere else it is the kernel's own
    mov     x0, #1
    mrs     x2, spsr_el2
    orr     x2, x2, #(1 << 8)           // one is enough: no other while this one is dealt with
    msr     spsr_el2, x2
    eret
    .endm

    .macro BUG kind
    .balign 128
    mov     x0, #\kind
    b       lazaret_bug
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .global lazaret_vectors
lazaret_vectors:
    BUG     0                           // from EL2 with SP_EL0: never used
    BUG     1
    BUG     2
    BUG     3
    BUG     4                           // from EL2: a bug of the kernel
    BUG     5
    BUG     6
    SERROR_IN_KERNEL
    ENTER   {synchronous}               // from EL0 or EL1, 64-bit
    ENTER   {interrupt}
    ENTER   {interrupt}                 // FIQ: the GIC's other group
    ENTER   {serror}
    ENTER   {synchronous}               // 32-bit
    ENTER   {interrupt}
    ENTER   {interrupt}
    ENTER   {serror}

    .balign 64
    .global lazaret_return
lazaret_return:                         // x0 = context to run
    mov     sp, x0
    ldp     x30, x21, [sp, #{lr}]
    ldp     x22, x23, [sp, #{elr}]
    msr     sp_el0, x21
    msr     elr_el2, x22
    msr     spsr_el2, x23
    ldp     x0, x1, [sp, #0]
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
    eret
    .balign 64                          // no speculation past the eret
    dsb     nsh
    isb

lazaret_bug:
    mov     x3, sp
    ldr     x1, =__panic_stack_top
    mov     sp, x1
    mrs     x1, esr_el2
    mrs     x2, elr_el2
    bl      {bug}
    "#,
    lr = const offset_of!(Context, x) + 30 * 8,
    elr = const offset_of!(Context, elr),
    synchronous = sym super::dispatch::synchronous,
    interrupt = sym super::dispatch::interrupt,
    serror = sym super::dispatch::serror,
    bug = sym super::panic::exception,
);

const _: () = {
    assert!(offset_of!(Tcb, context) == 0 && offset_of!(Context, x) == 0);
    assert!(offset_of!(Context, sp_el0) == 31 * 8);
    assert!(offset_of!(Context, spsr) == offset_of!(Context, elr) + 8);
};

/// Boot is over: runs the thread that it chose. The kernel's stack is empty from here on.
pub fn start_first_thread(kernel: &Kernel) -> ! {
    let context = dispatch::resume(kernel);
    // SAFETY: `lazaret_return` loads all registers from the context and leaves the kernel for EL0 or EL1; stack and
    // registers are dead. The context is inside a live TCB (first field).
    unsafe { core::arch::asm!("b lazaret_return", in("x0") context, options(noreturn)) }
}
