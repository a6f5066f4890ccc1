// SPDX-License-Identifier: MIT OR Apache-2.0
//! Forms of loads and stores of A32 and T32, each a little function of its own: registers in, the one instruction,
//! registers out.

use core::arch::{asm, global_asm};

/// The registers that a form uses: r1 to r4 (r3 is the base), and d0 to d3; r5 is 0x58 before.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// r1 to r4.
    pub r: [u32; 4],
    /// d0 to d3, the lower half first.
    pub d: [u32; 8],
}

/// Bytes from one form to the next.
const STRIDE: usize = 128;

macro_rules! forms {
    ($($form:literal)*; on_stack: $($stack:literal)*; arm: $($arm:literal)*) => {
        /// Texts of A32's; T32 has those of them that come first.
        pub const ARM: &[&str] = &[$($form,)* $($stack,)* $($arm,)*];
        /// Texts of T32's.
        pub const THUMB: &[&str] = &[$($form,)* $($stack,)*];

        global_asm!(
            ".macro BEFORE",
            ".balign 128",
            "push {r4-r11, lr}",
            "mov r10, r0",
            "mov r11, sp",
            "add r0, r10, #16",
            "vldmia r0, {d0-d3}",
            "ldm r10, {r1-r4}",
            "mov r5, #0x58",
            ".endm",
            ".macro AFTER",
            "stm r10, {r1-r4}",
            "add r0, r10, #16",
            "vstmia r0, {d0-d3}",
            "pop {r4-r11, pc}",
            ".endm",
            ".fpu neon",
            ".text",
            ".arm",
            ".balign 128",
            ".global arm_forms",
            "arm_forms:",
            $(concat!("BEFORE\n", $form, "\nAFTER"),)*
            $(concat!("BEFORE\nmov sp, r3\n", $stack, "\nmov r3, sp\nmov sp, r11\nAFTER"),)*
            $(concat!("BEFORE\n", $arm, "\nAFTER"),)*
            ".thumb",
            ".balign 128",
            ".global thumb_forms",
            "thumb_forms:",
            $(concat!("BEFORE\n", $form, "\nAFTER"),)*
            $(concat!("BEFORE\nmov sp, r3\n", $stack, "\nmov r3, sp\nmov sp, r11\nAFTER"),)*
            ".arm",
            options(raw)
        );
    };
}

forms! {
    "str r1, [r3]" "ldr r1, [r3]" "strb r1, [r3, #3]" "ldrsh r1, [r3, #2]" "ldrsb r1, [r3, r4]" "ldr r2, [r3, r4]"
    "str r1, [r3], #4" "strb r1, [r3], #-1" "strh r1, [r3, #6]!" "str r1, [r3, #-8]!"
    "ldr r1, [r3], #8" "ldrb r1, [r3, #5]!" "ldrh r1, [r3], #-2" "ldrsb r1, [r3, #1]!" "ldrsh r1, [r3], #2"
    "ldrd r4, r5, [r3]" "ldrd r4, r5, [r3, #-8]!" "strd r4, r5, [r3, #8]" "strd r4, r5, [r3], #16"
    "ldm r3, {r1, r2}" "ldm r3!, {r1, r2, r4}" "ldmdb r3!, {r1, r2}" "stm r3, {r1, r2, r4}" "stm r3!, {r1, r2}" "stmdb r3!, {r1, r2, r4}"
    "vldr s1, [r3]" "vldr d2, [r3, #8]" "vstr s3, [r3, #4]" "vstr d3, [r3, #-16]"
    "vldmia r3!, {d0-d2}" "vldmdb r3!, {s1-s3}" "vstmia r3, {d1-d3}" "vstmdb r3!, {d0, d1}" "vstmia r3!, {s0-s4}"
    "vld1.8 {d0}, [r3]" "vld1.32 {d0, d1}, [r3]!" "vld1.64 {d0-d3}, [r3], r4" "vst1.16 {d1-d3}, [r3]!"
    "vld2.8 {d0, d1}, [r3]" "vld2.16 {d0, d2}, [r3]!" "vld2.32 {d0-d3}, [r3]" "vst2.16 {d0-d3}, [r3]!"
    "vld3.16 {d0-d2}, [r3]" "vst3.8 {d1-d3}, [r3], r4" "vld4.8 {d0-d3}, [r3]!" "vst4.32 {d0-d3}, [r3]"
    "vld1.8 {d1[5]}, [r3]" "vld2.16 {d0[1], d2[1]}, [r3]!" "vld4.32 {d0[1], d1[1], d2[1], d3[1]}, [r3]" "vst3.8 {d0[7], d1[7], d2[7]}, [r3], r4"
    "vld1.16 {d0[], d1[]}, [r3]" "vld2.8 {d1[], d3[]}, [r3]!" "vld4.16 {d0[], d1[], d2[], d3[]}, [r3]";
    on_stack:
    "push {r1, r2}" "pop {r1, r2, r4}" "ldr r1, [sp], #4" "vpush {d0, d1}";
    arm:
    "ldr r1, [r3], r4" "ldr r1, [r3, r4, lsl #1]!" "str r2, [r3, -r4]" "ldr r1, [r3, r4, lsr #2]" "ldrh r1, [r3], r4" "strh r1, [r3, -r4]!"
    "ldmib r3!, {r1, r2}" "ldmda r3, {r1, r2}" "stmib r3, {r1, r2}" "stmda r3!, {r1, r2}"
}

unsafe extern "C" {
    static arm_forms: u8;
    static thumb_forms: u8;
}

/// Executes a form of A32, or of T32, with these registers; the memory at r3 is the guest's to use.
pub fn execute(thumb: bool, number: usize, registers: &mut Registers) {
    let (forms, count) = if thumb { (&raw const thumb_forms, THUMB.len()) } else { (&raw const arm_forms, ARM.len()) };
    let form = forms.wrapping_add(STRIDE * number.min(count - 1)).addr() | usize::from(thumb);
    // SAFETY: a function above: it changes the registers that functions may, and memory around r3, which the caller gives.
    let form = unsafe { core::mem::transmute::<usize, extern "C" fn(&mut Registers)>(form) };
    form(registers);
}

/// Floating point and SIMD for PL1 and PL0 (CPACR.cp10 and cp11, FPEXC.EN).
pub fn allow_vectors() {
    // SAFETY: control registers of the guest's own, which change what instructions are there and no memory.
    unsafe {
        asm!(
            ".fpu neon",
            "mrc p15, 0, {0}, c1, c0, 2",
            "orr {0}, {0}, #0xf00000",
            "mcr p15, 0, {0}, c1, c0, 2",
            "isb",
            "mov {0}, #0x40000000",
            "vmsr fpexc, {0}",
            out(reg) _,
            options(nostack)
        );
    }
}

const GICD: usize = 0x0800_0000;

/// Where a register of the distributor is.
pub const fn distributor(offset: usize) -> usize {
    GICD + offset
}

/// A register of the distributor.
pub fn read(offset: usize) -> u32 {
    // SAFETY: a register of the distributor.
    unsafe { (distributor(offset) as *const u32).read_volatile() }
}

/// Writes it.
pub fn write(offset: usize, value: u32) {
    // SAFETY: a register of the distributor.
    unsafe { (distributor(offset) as *mut u32).write_volatile(value) }
}
