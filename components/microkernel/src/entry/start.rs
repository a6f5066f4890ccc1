// SPDX-License-Identifier: MIT OR Apache-2.0
//! The first instructions: the arm64 Image header, then from whatever the loader left to our own MMU setup.
//!
//! x0 is the device tree's physical address; with U-Boot's `go ADDRESS DEVICE_TREE` x0 is 2 and x1 the list of these
//! words. The loader should enter at EL2 with the MMU off; an MMU that is on (identity-mapped) is switched off first,
//! with the image and the device tree written back.

use crate::arch::arm::{policy, stage1};
use crate::arch::{console, memory, sysreg, this_kernel};
use crate::kernel::BOOT_CORE;
use lazaret_abi::console::FATAL;

core::arch::global_asm!(
    r#"
    .section .text.head, "ax"
    .global _start
_start:
    b       1f
    .long   0
    .quad   {text_offset}
    .quad   __kernel_end - _start       // image_size: the packer writes the whole file's
    .quad   2                           // flags: little endian, 4 KiB pages
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

1:  msr     daifset, #0xf
    mrs     x2, mpidr_el1
    tst     x2, #0xffffff
    b.ne    12f                          // not the boot core
    mrs     x2, CurrentEL
    cmp     x2, #(2 << 2)
    b.ne    11f
    cmp     x0, #2
    b.ne    4f
    cbz     x1, 4f
    ldr     x2, [x1, #8]                // the second word: a hexadecimal number
    mov     x0, #0
2:  ldrb    w3, [x2], #1
    sub     w4, w3, #'0'
    cmp     w4, #9
    b.ls    3f
    orr     w3, w3, #0x20
    sub     w4, w3, #('a' - 10)
    sub     w3, w3, #'a'
    cmp     w3, #5
    b.hi    4f
3:  add     x0, x4, x0, lsl #4
    b       2b
4:  mrs     x1, sctlr_el2
    tbz     x1, #0, 8f                  // MMU off: the image is in memory

    adr     x2, _start                  // MMU on: write the image and the device tree back
    ldr     x3, [x2, #16]
    add     x3, x3, x2
5:  dc      civac, x2
    add     x2, x2, #16                 // the smallest line there is
    cmp     x2, x3
    b.lo    5b
    tst     x0, #7
    b.ne    7f
    at      s1e2r, x0                   // no device tree: an address that may not even be mapped
    isb
    mrs     x2, par_el1
    tbnz    x2, #0, 7f
    ldp     w2, w3, [x0]
    ldr     w4, ={device_tree_magic}
    cmp     w2, w4
    b.ne    7f
    rev     w3, w3
    mov     w4, #{device_tree_max}
    cmp     w3, w4
    csel    w3, w3, w4, lo
    mov     x2, x0
    add     x3, x0, x3
6:  dc      civac, x2
    add     x2, x2, #16
    cmp     x2, x3
    b.lo    6b
7:  dsb     sy

8:  ldr     x1, ={sctlr_off}            // MMU and caches off, all fields defined; E2H off
    mov     x2, #(1 << 31)
    msr     hcr_el2, x2
    msr     sctlr_el2, x1
    msr     spsel, #1
    isb
    adr     x1, _start
    ldr     x2, =_start
    cmp     x1, x2
    b.ne    13f                          // not where we are linked
    ldr     x1, =__stack_top
    mov     sp, x1
    mov     x19, x0
    ldr     x2, ={kernel}               // the kernel of this core, for whoever asks `this_kernel`
    msr     tpidr_el2, x2
    bl      {early}                     // x0 = translation root

    ldr     x1, =__rodata_end           // lines fetched before the MMU was off must not hide what we wrote
    ldr     x2, =__kernel_end
9:  dc      ivac, x1
    add     x1, x1, #16
    cmp     x1, x2
    b.lo    9b
    dsb     sy
    ldr     x1, ={mair}
    msr     mair_el2, x1
    ldr     x1, ={tcr}
    mrs     x2, id_aa64mmfr0_el1        // physical address size: this core's, at most 48 bits
    and     x2, x2, #7
    cmp     x2, #5
    b.ls    10f
    mov     x2, #5
10: orr     x1, x1, x2, lsl #16
    msr     tcr_el2, x1
    msr     ttbr0_el2, x0
    ldr     x1, =lazaret_vectors
    msr     vbar_el2, x1
    isb
    tlbi    alle2
    tlbi    alle1
    ic      iallu
    dsb     sy
    isb
    ldr     x1, ={sctlr_on}
    msr     sctlr_el2, x1
    isb
    mov     x0, x19
    bl      {main}

11: adr     x1, _start                  // EL1 or EL3
    ldr     x2, =_start
    cmp     x1, x2
    b.ne    12f
    ldr     x1, =__stack_top
    mov     sp, x1
    mrs     x0, CurrentEL
    lsr     x0, x0, #2
    bl      {wrong_el}
12: wfe
    b       12b
13: mov     x0, x1
    ldr     x1, =__stack_top - _start   // the stack at its place in this copy
    add     sp, x0, x1
    bl      {wrong_place}
    b       12b
    "#,
    text_offset = const crate::payload::TEXT_OFFSET,
    device_tree_magic = const crate::boot::device_tree::MAGIC.swap_bytes(),
    device_tree_max = const crate::boot::device_tree::MAX_SIZE,
    sctlr_off = const SCTLR_EL2_OFF,
    sctlr_on = const SCTLR_EL2_ON,
    mair = const stage1::MAIR,
    tcr = const TCR_EL2,
    kernel = sym BOOT_CORE,
    early = sym early,
    main = sym main,
    wrong_el = sym wrong_exception_level,
    wrong_place = sym wrong_place,
);

/// Bits of SCTLR_EL2 that are one on these cores.
const SCTLR_EL2_RES1: u64 =
    (1 << 4) | (1 << 5) | (1 << 11) | (1 << 16) | (1 << 18) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29);
const SCTLR_EL2_OFF: u64 = SCTLR_EL2_RES1;
/// MMU, data cache, stack alignment check, instruction cache, writable memory never executes.
const SCTLR_EL2_ON: u64 = SCTLR_EL2_RES1 | 1 | (1 << 2) | (1 << 3) | (1 << 12) | (1 << 19);
/// 39-bit addresses, 4 KiB pages, write-back inner-shareable walks; the address size is added.
const TCR_EL2: u64 = (64 - stage1::ADDRESS_BITS) | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23) | (1 << 31);

/// With the MMU off: sets the board's registers, fills the kernel's page tables and returns their root.
extern "C" fn early(device_tree: u64) -> u64 {
    console::set_board_registers();
    memory::map_kernel(device_tree)
}

/// With the MMU on: every EL2 register that was left is defined, then the kernel boots.
extern "C" fn main(device_tree: u64) -> ! {
    define_registers();
    crate::boot::boot(this_kernel(), device_tree)
}

/// Everything that decides what EL1 and EL0 can do; vCPUs and native threads replace their part at each switch.
fn define_registers() {
    sysreg::hcr_el2::write(policy::HCR_NATIVE);
    sysreg::cptr_el2::write(policy::CPTR_FP_TRAPPED);
    sysreg::hstr_el2::write(policy::HSTR);
    sysreg::hacr_el2::write(0);
    sysreg::actlr_el2::write(0);
    sysreg::cnthctl_el2::write(policy::CNTHCTL);
    sysreg::cntvoff_el2::write(0);
    sysreg::cnthp_ctl_el2::write(0);
    sysreg::cntv_ctl_el0::write(0);
    sysreg::cntp_ctl_el0::write(0);
    sysreg::cntkctl_el1::write(policy::CNTKCTL_EL1_NATIVE);
    sysreg::vpidr_el2::write(sysreg::midr_el1::read());
    sysreg::vmpidr_el2::write(sysreg::mpidr_el1::read());
    sysreg::vttbr_el2::write(0);
    if debug_shim::has_pmu(sysreg::id_aa64dfr0_el1::read()) {
        sysreg::pmuserenr_el0::write(0);
    }
    sysreg::sctlr_el1::write(policy::SCTLR_EL1_NATIVE);
    sysreg::tcr_el1::write(policy::TCR_EL1_NATIVE);
    sysreg::cpacr_el1::write(0);
    sysreg::contextidr_el1::write(0);
    sysreg::csselr_el1::write(0);
    sysreg::tpidr_el1::write(0);
    sysreg::tpidr_el0::write(0);
    sysreg::tpidrro_el0::write(0);
    sysreg::isb();
}

extern "C" fn wrong_exception_level(level: u64) -> ! {
    console::set_board_registers();
    console::init();
    stop_before_boot(format_args!(
        "entered at EL{level}, but the kernel needs EL2 ({}: {})",
        crate::board::NAME,
        crate::board::MACHINE_ENTRY_HELP
    ))
}

extern "C" fn wrong_place(place: u64) -> ! {
    console::set_board_registers();
    console::init();
    // No formatting: what it needs has addresses that are wrong here.
    console::put(FATAL as u8);
    b"KRN|ERROR: loaded at the wrong address: ".iter().copied().for_each(console::put);
    for nibble in (0..16).rev() {
        console::put(b"0123456789abcdef"[(place >> (4 * nibble)) as usize & 15]);
    }
    loop {
        core::hint::spin_loop();
    }
}

fn stop_before_boot(reason: core::fmt::Arguments<'_>) -> ! {
    use core::fmt::Write as _;
    // The console never fails.
    let _ = writeln!(console::Console, "{FATAL}KRN|ERROR: {reason}");
    loop {
        core::hint::spin_loop();
    }
}
