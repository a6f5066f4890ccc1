// SPDX-License-Identifier: MIT OR Apache-2.0
//! Forms of loads and stores, each a little function of its own: registers in, the one instruction, registers out.

use core::arch::{asm, global_asm};

use super::{instruction, mrs, msr};

/// The registers that a form uses: x1 to x4 (x3 is the base), and v0 to v3.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// x1 to x4.
    pub x: [u64; 4],
    /// v0 to v3, the lower half first.
    pub v: [[u64; 2]; 4],
}

/// Bytes from one form to the next.
const STRIDE: usize = 128;

macro_rules! forms {
    ($($form:literal)*; on_stack: $($stack:literal)*) => {
        /// Their texts.
        pub const FORMS: &[&str] = &[$($form,)* $($stack,)*];

        global_asm!(
            ".macro BEFORE",
            ".balign 128",
            "mov x9, x0",
            "add x10, x0, #32",
            "mov x11, sp",
            "ldp x1, x2, [x9]",
            "ldp x3, x4, [x9, #16]",
            "ld1 {v0.16b, v1.16b, v2.16b, v3.16b}, [x10]",
            ".endm",
            ".macro AFTER",
            "stp x1, x2, [x9]",
            "stp x3, x4, [x9, #16]",
            "st1 {v0.16b, v1.16b, v2.16b, v3.16b}, [x10]",
            "ret",
            ".endm",
            ".arch_extension fp",
            ".arch_extension simd",
            ".text",
            ".balign 128",
            ".global load_store_forms",
            "load_store_forms:",
            $(concat!("BEFORE\n", $form, "\nAFTER"),)*
            $(concat!("BEFORE\nmov sp, x3\n", $stack, "\nmov x3, sp\nmov sp, x11\nAFTER"),)*
            options(raw)
        );
    };
}

forms! {
    "str w1, [x3]" "ldr w1, [x3]" "str x1, [x3, #8]" "ldr x1, [x3, x4]" "ldrsw x1, [x3, #4]" "ldrsb w1, [x3, #3]" "ldrh w1, [x3, #2]"
    "str w1, [x3], #4" "str x1, [x3], #-16" "strb w1, [x3], #1" "strh w1, [x3], #2"
    "str w1, [x3, #8]!" "str x1, [x3, #-8]!" "strb w1, [x3, #-3]!" "strh w1, [x3, #6]!"
    "ldr w1, [x3], #4" "ldr x1, [x3], #-8" "ldrb w1, [x3], #5" "ldrh w1, [x3], #-2"
    "ldr w1, [x3, #0x10]!" "ldr x1, [x3, #8]!" "ldrb w1, [x3, #7]!" "ldrh w1, [x3, #4]!"
    "ldrsb w1, [x3], #1" "ldrsb x1, [x3, #9]!" "ldrsh w1, [x3, #2]!" "ldrsh x1, [x3], #2" "ldrsw x1, [x3, #4]!"
    "stp w1, w2, [x3]" "stp x1, x2, [x3, #16]" "stp w1, w2, [x3], #8" "stp x1, x2, [x3, #-16]!" "stp xzr, x2, [x3], #16"
    "ldp w1, w2, [x3]" "ldp x1, x2, [x3, #-16]" "ldp w1, w2, [x3, #8]!" "ldp x1, x2, [x3], #32" "ldp xzr, x2, [x3]"
    "ldpsw x1, x2, [x3]" "ldpsw x2, x1, [x3], #-8" "ldnp x1, x2, [x3]" "stnp w2, w1, [x3, #4]"
    "ldr b0, [x3, #1]" "ldr h1, [x3, #2]" "ldr s2, [x3]" "ldr d3, [x3, #8]" "ldr q0, [x3]" "ldr q1, [x3], #16" "ldr s1, [x3, x4]" "ldr d2, [x3, w4, sxtw]"
    "str b0, [x3, #1]" "str h1, [x3, #2]" "str s2, [x3, #4]!" "str d3, [x3], #8" "str q0, [x3]" "str q1, [x3, #-16]!" "str q2, [x3, x4]" "ldur q3, [x3, #-16]"
    "ldp s0, s1, [x3]" "ldp d2, d3, [x3, #16]!" "ldp q0, q1, [x3], #32" "stp s0, s1, [x3], #8" "stp d2, d3, [x3]" "stp q3, q0, [x3, #-32]!" "ldnp q1, q2, [x3]"
    "ld1 {v0.8b}, [x3]" "ld1 {v1.16b}, [x3], #16" "ld1 {v0.4h, v1.4h}, [x3]" "ld1 {v1.4s, v2.4s, v3.4s}, [x3], #48" "ld1 {v0.2d, v1.2d, v2.2d, v3.2d}, [x3]"
    "ld2 {v0.8b, v1.8b}, [x3]" "ld2 {v2.4s, v3.4s}, [x3], x4" "ld3 {v0.8h, v1.8h, v2.8h}, [x3]" "ld4 {v0.16b, v1.16b, v2.16b, v3.16b}, [x3], #64" "ld4 {v0.2s, v1.2s, v2.2s, v3.2s}, [x3]"
    "st1 {v0.16b}, [x3]" "st1 {v0.2s, v1.2s, v2.2s}, [x3], #24" "st2 {v0.8h, v1.8h}, [x3], #32" "st3 {v1.4s, v2.4s, v3.4s}, [x3]" "st4 {v0.8b, v1.8b, v2.8b, v3.8b}, [x3], x4"
    "ld1 {v0.b}[13], [x3]" "ld1 {v1.h}[5], [x3], #2" "ld1 {v2.s}[3], [x3]" "ld1 {v3.d}[1], [x3], x4" "ld2 {v0.h, v1.h}[2], [x3]" "ld3 {v0.s, v1.s, v2.s}[1], [x3], #12" "ld4 {v0.d, v1.d, v2.d, v3.d}[0], [x3]"
    "st1 {v0.b}[7], [x3], #1" "st2 {v1.s, v2.s}[2], [x3]" "st3 {v1.h, v2.h, v3.h}[7], [x3], x4" "st4 {v0.b, v1.b, v2.b, v3.b}[15], [x3]"
    "ld1r {v0.8b}, [x3]" "ld1r {v1.4s}, [x3], #4" "ld2r {v0.4h, v1.4h}, [x3]" "ld3r {v1.2d, v2.2d, v3.2d}, [x3], #24" "ld4r {v0.16b, v1.16b, v2.16b, v3.16b}, [x3], x4"
    "ldar w1, [x3]" "stlr x1, [x3]" "prfm pldl1keep, [x3]";
    on_stack:
    "ldr w1, [sp], #16" "str x2, [sp, #16]!" "ldp x1, x2, [sp], #16" "stp q0, q1, [sp, #-32]!"
}

unsafe extern "C" {
    static load_store_forms: u8;
}

/// Executes the form of a number below `FORMS.len()` with these registers; the memory at x3 is the guest's to use.
pub fn execute(number: usize, registers: &mut Registers) {
    let forms = &raw const load_store_forms;
    let form = forms.wrapping_add(STRIDE * number.min(FORMS.len() - 1));
    // SAFETY: a function above: it changes the registers that functions may, and memory around x3, which the caller gives.
    unsafe { asm!("blr {}", in(reg) form, in("x0") registers, clobber_abi("C")) }
}

/// An access that no device has: what became of it is the exception handler's to say.
macro_rules! at {
    ($name:ident, $text:literal) => {
        /// One access at an address.
        pub fn $name(address: usize) {
            // SAFETY: a device's address: whatever this does, it is to no memory of ours.
            unsafe { asm!($text, in("x3") address, out("x1") _, out("x2") _, options(nostack)) }
        }
    };
}

at!(load_exclusive, "ldxr w1, [x3]");
at!(store_exclusive, "stxr w2, wzr, [x3]");
at!(load_exclusive_pair, "ldaxp x1, x2, [x3]");
at!(zero_block, "dc zva, x3");
at!(clean, "dc cvac, x3");

/// Floating point and SIMD for EL1 (CPACR_EL1.FPEN).
pub fn allow_vectors() {
    msr!("cpacr_el1", mrs!("cpacr_el1") | 3 << 20);
    instruction!("isb");
}

#[repr(C, align(4096))]
struct Table([u64; 512]);

/// 4 KiB granule, 39 bits: blocks of 1 GiB, the devices' and RAM's, both not cached.
static TABLE: Table = {
    const BLOCK: u64 = 1 << 10 | 1;
    let mut table = [0; 512];
    table[0] = BLOCK;
    table[1] = 0x4000_0000 | BLOCK | 1 << 2;
    Table(table)
};

/// Turns stage 1 on (each address leads to itself), or off.
pub fn translate(on: bool) {
    /// Device-nGnRnE; normal, not cached.
    const KINDS: u64 = 0x4400;
    /// T0SZ 25, nothing above.
    const CONTROL: u64 = 25 | 1 << 23;
    msr!("mair_el1", KINDS);
    msr!("tcr_el1", CONTROL);
    msr!("ttbr0_el1", (&raw const TABLE).addr() as u64);
    instruction!("isb");
    instruction!("tlbi vmalle1");
    instruction!("dsb nsh");
    let control = mrs!("sctlr_el1") & !1;
    msr!("sctlr_el1", control | u64::from(on));
    instruction!("isb");
}
