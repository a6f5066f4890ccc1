// SPDX-License-Identifier: MIT OR Apache-2.0
//! Leaves a machine as different boot loaders do, then enters the kernel.
//!
//! Eight words at the start, which the test fills in: a branch, the entry, x0 (all ones: keep it), x1, what to do, and the first gigabyte
//! that is devices. It runs at EL2 anywhere in memory, on the boot core; its table covers 512 GiB, mapped on
//! themselves, and lies in its own page.
#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]
#![allow(unsafe_code)]

/// On a host there is nothing to load.
#[cfg(not(target_os = "none"))]
fn main() {}

/// Nothing here panics.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(target_os = "none")]
core::arch::global_asm!(
    r#"
    .section .head, "ax"
    .global head
head:
    b       start
    .long   0
entry:
    .quad   0
first:
    .quad   0
second:
    .quad   0
what:
    .quad   0                       // bit 0: MMU and caches on; bit 1: enter at EL1
devices:
    .quad   0

start:
    adr     x10, what
    ldr     x10, [x10]
    ldr     x20, entry
    ldr     x2, first
    cmn     x2, #1                  // all ones: as it came
    csel    x0, x0, x2, eq
    ldr     x1, second
    tbz     x10, #0, 3f

    adr     x2, table               // 1 GiB blocks: normal write-back, or devices (never executed)
    ldr     x3, devices
    mov     x4, #0
1:  lsl     x5, x4, #30
    mov     x6, #0x701              // accessed, inner shareable, attribute 0, block
    cmp     x4, x3
    b.ne    2f
    mov     x6, #0x405              // attribute 1
    movk    x6, #0x40, lsl #48
2:  orr     x5, x5, x6
    str     x5, [x2, x4, lsl #3]
    add     x4, x4, #1
    cmp     x4, #512
    b.lo    1b
    dsb     sy
    mov     x5, #0x04ff
    msr     mair_el2, x5
    ldr     x5, ={tcr}
    msr     tcr_el2, x5
    msr     ttbr0_el2, x2
    isb
    tlbi    alle2
    dsb     sy
    isb
    mrs     x5, sctlr_el2
    mov     x6, #0x1005             // MMU, data cache, instruction cache
    orr     x5, x5, x6
    msr     sctlr_el2, x5
    isb

3:  tbz     x10, #1, 4f
    mov     x5, #(1 << 31)          // EL1 is 64-bit
    msr     hcr_el2, x5
    mov     x5, #0x3c5              // EL1h, everything masked
    msr     spsr_el2, x5
    msr     elr_el2, x20
    eret
4:  br      x20

    .balign 4096
table:
    .skip   4096
    "#,
    // 39-bit addresses, 4 KiB pages, write-back inner-shareable walks, 40-bit physical addresses.
    tcr = const (64 - 39) | (1 << 8) | (1 << 10) | (3 << 12) | (2 << 16) | (1 << 23) | (1 << 31u64),
);
