// SPDX-License-Identifier: MIT OR Apache-2.0
//! Code that is looked at while it runs: what breakpoints and watchpoints hit, conditional accesses, programs at PL0.

use core::arch::global_asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::exception::RECOVERY;

global_asm!(
    r#"
    .text
    .arm
    .global probe_nop, probe_nop_at, probe_bkpt, probe_unaligned, probe_illegal, run_at_el0, el0_is_done
probe_nop:
probe_nop_at:
    nop
    bx      lr

probe_bkpt:
    bkpt    #0
    bx      lr

    // To an address in the middle of an instruction; what comes after the abort is at `1`.
probe_unaligned:
    push    {{r4-r11, lr}}
    adr     r1, 1f
    str     r1, [r0]
    adr     r1, probe_nop_at
    add     r1, r1, #2
    mov     pc, r1
1:  pop     {{r4-r11, pc}}

    // Back to AArch64's EL1h, or to Hyp mode: r1 is the SPSR. The state becomes illegal instead.
probe_illegal:
    push    {{r4-r11, lr}}
    adr     r2, 1f
    str     r2, [r0]
    msr     spsr_cxsf, r1
    adr     lr, 2f
    movs    pc, lr
2:  nop
    b       2b
1:  cps     #0x13
    pop     {{r4-r11, pc}}

    // r0: code, T32 if bit 0 is set; r1: its argument. It ends with SVC, with its result in r0 and r1.
run_at_el0:
    push    {{r4-r12, lr}}
    mov     lr, r0
    mov     r2, #0x1d0
    tst     lr, #1
    orrne   r2, r2, #0x20
    bic     lr, lr, #1
    msr     spsr_cxsf, r2
    mov     r0, r1
    movs    pc, lr
el0_is_done:
    pop     {{r4-r12, pc}}

    .global el0_load, el0_store, el0_nop, el0_nop_at, el0_legal, el0_illegal, el0_thumb
el0_load:
    ldr     r0, [r0]
    svc     #0
el0_store:
    str     r0, [r0]
    svc     #0
el0_nop:
el0_nop_at:
    nop
    svc     #0
    // DBGDIDR: PL0 may read it.
el0_legal:
    mrc     p14, 0, r0, c0, c0, 0
    svc     #0
    // DBGBVR0, DBGBCR0 and DBGOSLAR are not PL0's.
el0_illegal:
    mrc     p14, 0, r0, c0, c0, 4
    mcr     p14, 0, r0, c0, c0, 5
    mcr     p14, 0, r0, c1, c0, 4
    svc     #0
    .thumb
    .thumb_func
el0_thumb:
    mrc     p14, 0, r0, c0, c0, 4
    mrc     p14, 0, r0, c0, c0, 0
    svc     #0
    .arm

    // r0: flags in 31:28. 1 if the access with that condition was carried out: the claim tags read as 0xff.
    .macro CONDITIONAL name
    .global conditional_\name
conditional_\name:
    msr     apsr_nzcvq, r0
    mov     r0, #0
    mrc\name p14, 0, r0, c7, c8, 6
    bx      lr
    .endm
    CONDITIONAL eq
    CONDITIONAL ne
    CONDITIONAL cs
    CONDITIONAL cc
    CONDITIONAL mi
    CONDITIONAL pl
    CONDITIONAL vs
    CONDITIONAL vc
    CONDITIONAL hi
    CONDITIONAL ls
    CONDITIONAL ge
    CONDITIONAL lt
    CONDITIONAL gt
    CONDITIONAL le
    CONDITIONAL al

    // r0: 0 for Z set; r1: four words that get 0xff each if the access at that position was carried out.
    .thumb
    .global it_t
    .thumb_func
it_t:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    it      eq
    mrceq   p14, 0, r2, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_tt
    .thumb_func
it_tt:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    itt     eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrceq   p14, 0, r3, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_te
    .thumb_func
it_te:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    ite     eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrcne   p14, 0, r3, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_ttt
    .thumb_func
it_ttt:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    ittt    eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrceq   p14, 0, r3, c7, c8, 6
    mrceq   p14, 0, r4, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_tte
    .thumb_func
it_tte:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    itte    eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrceq   p14, 0, r3, c7, c8, 6
    mrcne   p14, 0, r4, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_tet
    .thumb_func
it_tet:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    itet    eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrcne   p14, 0, r3, c7, c8, 6
    mrceq   p14, 0, r4, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_tee
    .thumb_func
it_tee:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    itee    eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrcne   p14, 0, r3, c7, c8, 6
    mrcne   p14, 0, r4, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_tttt
    .thumb_func
it_tttt:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    itttt   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrceq   p14, 0, r3, c7, c8, 6
    mrceq   p14, 0, r4, c7, c8, 6
    mrceq   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_ttte
    .thumb_func
it_ttte:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    ittte   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrceq   p14, 0, r3, c7, c8, 6
    mrceq   p14, 0, r4, c7, c8, 6
    mrcne   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_ttet
    .thumb_func
it_ttet:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    ittet   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrceq   p14, 0, r3, c7, c8, 6
    mrcne   p14, 0, r4, c7, c8, 6
    mrceq   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_ttee
    .thumb_func
it_ttee:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    ittee   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrceq   p14, 0, r3, c7, c8, 6
    mrcne   p14, 0, r4, c7, c8, 6
    mrcne   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_tett
    .thumb_func
it_tett:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    itett   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrcne   p14, 0, r3, c7, c8, 6
    mrceq   p14, 0, r4, c7, c8, 6
    mrceq   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_tete
    .thumb_func
it_tete:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    itete   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrcne   p14, 0, r3, c7, c8, 6
    mrceq   p14, 0, r4, c7, c8, 6
    mrcne   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_teet
    .thumb_func
it_teet:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    iteet   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrcne   p14, 0, r3, c7, c8, 6
    mrcne   p14, 0, r4, c7, c8, 6
    mrceq   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .global it_teee
    .thumb_func
it_teee:
    push    {{r4-r7, lr}}
    mov     r7, r1
    movs    r2, #0
    mov     r3, r2
    mov     r4, r2
    mov     r5, r2
    cmp     r0, #0
    iteee   eq
    mrceq   p14, 0, r2, c7, c8, 6
    mrcne   p14, 0, r3, c7, c8, 6
    mrcne   p14, 0, r4, c7, c8, 6
    mrcne   p14, 0, r5, c7, c8, 6
    stm     r7, {{r2-r5}}
    pop     {{r4-r7, pc}}
    .arm

    // The claim tags into r13 and r14 of a mode; both must be 0xff: r0 is their sum.
    .macro BANKED mode
    .global banked_\mode
banked_\mode:
    mrs     r3, cpsr
    cps     #0x\mode
    mov     r1, r13
    mov     r2, r14
    mrc     p14, 0, r13, c7, c8, 6
    mrc     p14, 0, r14, c7, c8, 6
    add     r0, r13, r14
    mov     r13, r1
    mov     r14, r2
    msr     cpsr_c, r3
    bx      lr
    .endm
    BANKED  11
    BANKED  12
    BANKED  13
    BANKED  17
    BANKED  1b
    BANKED  1f
"#
);

type Code = unsafe extern "C" fn();

unsafe extern "C" {
    fn probe_nop();
    fn probe_nop_at();
    fn probe_bkpt();
    fn probe_unaligned(recovery: *mut u32);
    fn probe_illegal(recovery: *mut u32, spsr: u32);
    fn run_at_el0(code: u32, argument: u32) -> u64;
    fn el0_load();
    fn el0_store();
    fn el0_nop();
    fn el0_nop_at();
    fn el0_legal();
    fn el0_illegal();
    fn el0_thumb();
    fn conditional_eq(flags: u32) -> u32;
    fn conditional_ne(flags: u32) -> u32;
    fn conditional_cs(flags: u32) -> u32;
    fn conditional_cc(flags: u32) -> u32;
    fn conditional_mi(flags: u32) -> u32;
    fn conditional_pl(flags: u32) -> u32;
    fn conditional_vs(flags: u32) -> u32;
    fn conditional_vc(flags: u32) -> u32;
    fn conditional_hi(flags: u32) -> u32;
    fn conditional_ls(flags: u32) -> u32;
    fn conditional_ge(flags: u32) -> u32;
    fn conditional_lt(flags: u32) -> u32;
    fn conditional_gt(flags: u32) -> u32;
    fn conditional_le(flags: u32) -> u32;
    fn conditional_al(flags: u32) -> u32;
    fn it_t(zero: u32, results: *mut [u32; 4]);
    fn it_tt(zero: u32, results: *mut [u32; 4]);
    fn it_te(zero: u32, results: *mut [u32; 4]);
    fn it_ttt(zero: u32, results: *mut [u32; 4]);
    fn it_tte(zero: u32, results: *mut [u32; 4]);
    fn it_tet(zero: u32, results: *mut [u32; 4]);
    fn it_tee(zero: u32, results: *mut [u32; 4]);
    fn it_tttt(zero: u32, results: *mut [u32; 4]);
    fn it_ttte(zero: u32, results: *mut [u32; 4]);
    fn it_ttet(zero: u32, results: *mut [u32; 4]);
    fn it_ttee(zero: u32, results: *mut [u32; 4]);
    fn it_tett(zero: u32, results: *mut [u32; 4]);
    fn it_tete(zero: u32, results: *mut [u32; 4]);
    fn it_teet(zero: u32, results: *mut [u32; 4]);
    fn it_teee(zero: u32, results: *mut [u32; 4]);
    fn banked_11() -> u32;
    fn banked_12() -> u32;
    fn banked_13() -> u32;
    fn banked_17() -> u32;
    fn banked_1b() -> u32;
    fn banked_1f() -> u32;
}

/// Runs the instruction at [`nop_address`].
pub fn nop() {
    // SAFETY: a function without effect.
    unsafe { probe_nop() }
}

/// What a breakpoint can be put on.
pub fn nop_address() -> u32 {
    probe_nop_at as Code as usize as u32
}

pub fn bkpt() {
    // SAFETY: the handler goes on behind it.
    unsafe { probe_bkpt() }
}

/// Jumps to an address that is not aligned.
pub fn unaligned() {
    // SAFETY: the handler goes on where the recovery address says, which is in the same function.
    unsafe { probe_unaligned(RECOVERY.as_ptr()) }
}

/// Returns from an exception that was none, to a state that there is not.
pub fn illegal_return(spsr: u32) {
    // SAFETY: as above.
    unsafe { probe_illegal(RECOVERY.as_ptr(), spsr) }
}

/// A load of the word.
pub fn load(word: &AtomicU32) -> u32 {
    word.load(Relaxed)
}

/// A store to it.
pub fn store(word: &AtomicU32) {
    word.store(1, Relaxed);
}

/// Programs at PL0.
#[derive(Clone, Copy, Debug)]
pub enum El0 {
    /// Loads the argument's word.
    Load,
    /// Stores to it.
    Store,
    /// What a breakpoint can be put on.
    Nop,
    /// Reads DBGDIDR, the result.
    Legal,
    /// Three accesses that are not PL0's.
    Illegal,
    /// T32: one that is not, and DBGDIDR, the result.
    Thumb,
}

impl El0 {
    /// Runs it.
    pub fn run(self, argument: u32) -> u32 {
        let code: Code = match self {
            Self::Load => el0_load,
            Self::Store => el0_store,
            Self::Nop => el0_nop,
            Self::Legal => el0_legal,
            Self::Illegal => el0_illegal,
            Self::Thumb => el0_thumb,
        };
        // SAFETY: the programs end with SVC, which comes back here with all registers that must be kept.
        unsafe { run_at_el0(code as usize as u32, argument) as u32 }
    }

    /// Where the breakpoint is.
    pub fn nop_address() -> u32 {
        el0_nop_at as Code as usize as u32
    }
}

/// Runs code that ends with SVC at PL0: what is in R0, and in R1 above it, at its end.
pub fn run_at_pl0(code: u32, argument: u32) -> u64 {
    // SAFETY: one access to a coprocessor, then SVC, which comes back here with all registers that must be kept.
    unsafe { run_at_el0(code, argument) }
}

/// An access with each condition, by its number.
pub const CONDITIONALS: [unsafe extern "C" fn(u32) -> u32; 15] = [
    conditional_eq,
    conditional_ne,
    conditional_cs,
    conditional_cc,
    conditional_mi,
    conditional_pl,
    conditional_vs,
    conditional_vc,
    conditional_hi,
    conditional_ls,
    conditional_ge,
    conditional_lt,
    conditional_gt,
    conditional_le,
    conditional_al,
];

/// Was the access with a condition carried out with these flags?
pub fn conditional(condition: usize, flags: u32) -> bool {
    // SAFETY: the function changes the flags and the registers that functions may change.
    unsafe { CONDITIONALS[condition](flags << 28) == 0xff }
}

/// IT blocks by their pattern: the first position is "then".
pub const IT_BLOCKS: [(&str, unsafe extern "C" fn(u32, *mut [u32; 4])); 15] = [
    ("t", it_t),
    ("tt", it_tt),
    ("te", it_te),
    ("ttt", it_ttt),
    ("tte", it_tte),
    ("tet", it_tet),
    ("tee", it_tee),
    ("tttt", it_tttt),
    ("ttte", it_ttte),
    ("ttet", it_ttet),
    ("ttee", it_ttee),
    ("tett", it_tett),
    ("tete", it_tete),
    ("teet", it_teet),
    ("teee", it_teee),
];

/// Runs an IT block of accesses with condition EQ: what each position read.
pub fn it_block(number: usize, zero: bool) -> [u32; 4] {
    let mut results = [0; 4];
    // SAFETY: the function writes the four words.
    unsafe { IT_BLOCKS[number].1(u32::from(!zero), &raw mut results) };
    results
}

/// The sum of what r13 and r14 of each mode read.
pub fn banked() -> [(&'static str, u32); 6] {
    // SAFETY: the functions leave the modes' registers as they were.
    unsafe {
        [
            ("fiq", banked_11()),
            ("irq", banked_12()),
            ("svc", banked_13()),
            ("abt", banked_17()),
            ("und", banked_1b()),
            ("sys", banked_1f()),
        ]
    }
}
