// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every register that EL1 or EL0 can write, as a pair of instructions.
//!
//! Left out are those that this guest cannot do without while it looks: `VBAR_EL1` and `SP_EL1`, without which no
//! guest would live through the other one's turn, and the virtual timer, which ends its sleep.

use core::arch::global_asm;

use super::{mrs, msr};

pub struct Register {
    /// The assembler's name, or what it is.
    pub name: &'static str,
    /// The bits that may take any value; the others keep theirs.
    pub mask: u64,
    /// Reads it.
    pub read: fn() -> u64,
    /// Writes it.
    pub write: fn(u64),
}

/// `name mask`, or `name = read by, written by, mask`.
macro_rules! registers {
    (@ [$($done:expr,)*]) => { [$($done,)*] };
    (@ [$($done:expr,)*] $name:literal; $($rest:tt)*) => {
        registers!(@ [$($done,)*] $name = $name, $name, !0; $($rest)*)
    };
    (@ [$($done:expr,)*] $name:literal $mask:expr; $($rest:tt)*) => {
        registers!(@ [$($done,)*] $name = $name, $name, $mask; $($rest)*)
    };
    (@ [$($done:expr,)*] $name:literal = $read:literal, $write:literal, $mask:expr; $($rest:tt)*) => {
        registers!(@ [$($done,)* Register {
            name: $name,
            mask: $mask,
            read: || mrs!($read),
            write: |value| msr!($write, value),
        },] $($rest)*)
    };
    ($($rows:tt)*) => { registers!(@ [] $($rows)*) };
}

/// `SCTLR_EL1`: UMA, DZE, UCT, UCI: what EL0 may do, and EL0 does nothing here.
const SCTLR: u64 = 1 << 9 | 1 << 14 | 1 << 15 | 1 << 26;
/// `CPACR_EL1.FPEN`, its upper bit: 0b01 and 0b11 both let EL1 through. And TTA.
const CPACR: u64 = 1 << 21 | 1 << 28;

/// `MDSCR_EL1`: MDE, KDE, TDCC, SS. QEMU keeps what is written to the rest until the shim loads the register.
const MDSCR: u64 = 1 << 15 | 1 << 13 | 1 << 12 | 1;

/// `DBGBCR<n>_EL1` and `DBGWCR<n>_EL1` as far as a write that traps keeps them: without SSC and HMC, which are about EL2
/// and EL3, and without what is RES0, which QEMU keeps.
const BCR: u64 = 0xff_01e7;
const WCR: u64 = 0x1f1f_1fff;

/// All of them.
pub static REGISTERS: [Register; 92] = registers! {
    // EL1's own, and the thread registers.
    "tpidr_el0"; "tpidrro_el0"; "tpidr_el1"; "contextidr_el1";
    "par_el1"; "csselr_el1" 0xf; "cntkctl_el1" 0x3ff; "actlr_el1";
    "afsr0_el1"; "afsr1_el1"; "amair_el1"; "mair_el1"; "far_el1"; "esr_el1"; "elr_el1"; "spsr_el1"; "sp_el0";
    "ttbr0_el1"; "ttbr1_el1"; "tcr_el1"; "sctlr_el1" SCTLR; "cpacr_el1" CPACR;
    "spsr_abt"; "spsr_und"; "spsr_irq"; "spsr_fiq";
    "fpcr" = "s3_3_c4_c4_0", "s3_3_c4_c4_0", !0;
    "fpsr" = "s3_3_c4_c4_1", "s3_3_c4_c4_1", !0;
    // The physical timer.
    "cntp_cval_el0"; "cntp_ctl_el0" 0b11;
    // Debug.
    "mdscr_el1" MDSCR; "mdccint_el1"; "osdtrrx_el1"; "osdtrtx_el1"; "oseccr_el1"; "osdlr_el1"; "dbgprcr_el1";
    "oslar_el1" = "oslsr_el1", "oslar_el1", 1;
    "claim" = "dbgclaimclr_el1", "dbgclaimset_el1", 0xff;
    "dbgdtr_el0"; "dbgdtrrx_el0" = "s2_3_c0_c5_0", "s2_3_c0_c5_0", !0;
    "dbgbvr0_el1"; "dbgbcr0_el1" BCR; "dbgwvr0_el1"; "dbgwcr0_el1" WCR; "dbgbvr5_el1"; "dbgbcr5_el1" BCR; "dbgwvr3_el1";
    "dbgwcr3_el1" WCR; "mdselr_el1" = "s2_0_c0_c4_2", "s2_0_c0_c4_2", !0; "mdstepop_el1" = "s2_0_c0_c5_2", "s2_0_c0_c5_2", !0;
    "trctraceidr" = "s2_1_c0_c0_1", "s2_1_c0_c0_1", !0; "trcclaimset" = "s2_1_c7_c8_6", "s2_1_c7_c8_6", !0;
    // Performance monitors, profiling, trace.
    "pmcr_el0"; "pmcntenset_el0"; "pmcntenclr_el0"; "pmovsclr_el0"; "pmovsset_el0"; "pmselr_el0"; "pmccntr_el0";
    "pmxevtyper_el0"; "pmxevcntr_el0"; "pmuserenr_el0"; "pmintenset_el1"; "pmintenclr_el1"; "pmevcntr0_el0";
    "pmevtyper0_el0"; "pmccfiltr_el0";
    "pmscr_el1" = "s3_0_c9_c9_0", "s3_0_c9_c9_0", !0; "pmblimitr_el1" = "s3_0_c9_c10_0", "s3_0_c9_c10_0", !0;
    "trblimitr_el1" = "s3_0_c9_c11_0", "s3_0_c9_c11_0", !0; "trfcr_el1" = "s3_0_c1_c2_1", "s3_0_c1_c2_1", !0;
    // Of later extensions: undefined, or trapped, or somebody forgot them.
    "disr_el1" = "s3_0_c12_c1_1", "s3_0_c12_c1_1", !0; "errselr_el1" = "s3_0_c5_c3_1", "s3_0_c5_c3_1", !0;
    "lorsa_el1" = "s3_0_c10_c4_0", "s3_0_c10_c4_0", !0; "lorc_el1" = "s3_0_c10_c4_3", "s3_0_c10_c4_3", !0;
    "apiakeylo_el1" = "s3_0_c2_c1_0", "s3_0_c2_c1_0", !0; "apgakeyhi_el1" = "s3_0_c2_c3_1", "s3_0_c2_c3_1", !0;
    "scxtnum_el0" = "s3_3_c13_c0_7", "s3_3_c13_c0_7", !0; "scxtnum_el1" = "s3_0_c13_c0_7", "s3_0_c13_c0_7", !0;
    "tpidr2_el0" = "s3_3_c13_c0_5", "s3_3_c13_c0_5", !0; "zcr_el1" = "s3_0_c1_c2_0", "s3_0_c1_c2_0", !0;
    "gcr_el1" = "s3_0_c1_c0_6", "s3_0_c1_c0_6", !0; "rgsr_el1" = "s3_0_c1_c0_5", "s3_0_c1_c0_5", !0;
    "tfsr_el1" = "s3_0_c5_c6_0", "s3_0_c5_c6_0", !0; "tcr2_el1" = "s3_0_c2_c0_3", "s3_0_c2_c0_3", !0;
    "accdata_el1" = "s3_0_c13_c0_5", "s3_0_c13_c0_5", !0;
    "icc_pmr_el1" = "s3_0_c4_c6_0", "s3_0_c4_c6_0", 0xf0; "icc_bpr1_el1" = "s3_0_c12_c12_3", "s3_0_c12_c12_3", 7;
    "cpuactlr_el1" = "s3_1_c15_c2_0", "s3_1_c15_c2_0", !0; "cpuectlr_el1" = "s3_1_c15_c2_1", "s3_1_c15_c2_1", !0;
    "l2ctlr_el1" = "s3_1_c11_c0_2", "s3_1_c11_c0_2", !0;
};

/// Words in the floating-point register file.
pub const VECTOR_WORDS: usize = 64;

global_asm!(
    ".arch_extension fp",
    ".arch_extension simd",
    "vectors_write:",
    "ldp q0, q1, [x0], #32\n ldp q2, q3, [x0], #32\n ldp q4, q5, [x0], #32\n ldp q6, q7, [x0], #32",
    "ldp q8, q9, [x0], #32\n ldp q10, q11, [x0], #32\n ldp q12, q13, [x0], #32\n ldp q14, q15, [x0], #32",
    "ldp q16, q17, [x0], #32\n ldp q18, q19, [x0], #32\n ldp q20, q21, [x0], #32\n ldp q22, q23, [x0], #32",
    "ldp q24, q25, [x0], #32\n ldp q26, q27, [x0], #32\n ldp q28, q29, [x0], #32\n ldp q30, q31, [x0], #32",
    "ret",
    "vectors_read:",
    "stp q0, q1, [x0], #32\n stp q2, q3, [x0], #32\n stp q4, q5, [x0], #32\n stp q6, q7, [x0], #32",
    "stp q8, q9, [x0], #32\n stp q10, q11, [x0], #32\n stp q12, q13, [x0], #32\n stp q14, q15, [x0], #32",
    "stp q16, q17, [x0], #32\n stp q18, q19, [x0], #32\n stp q20, q21, [x0], #32\n stp q22, q23, [x0], #32",
    "stp q24, q25, [x0], #32\n stp q26, q27, [x0], #32\n stp q28, q29, [x0], #32\n stp q30, q31, [x0], #32",
    "ret",
);

unsafe extern "C" {
    fn vectors_write(words: *const u64);
    fn vectors_read(words: *mut u64);
}

/// A file of registers, aligned as its loads want it while the MMU is off.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct Vectors(pub [u64; VECTOR_WORDS]);

/// Q0 to Q31.
pub fn read_vectors() -> Vectors {
    let mut vectors = Vectors([0; VECTOR_WORDS]);
    // SAFETY: stores 512 bytes there; the guest's own code is compiled for no floating point.
    unsafe { vectors_read(vectors.0.as_mut_ptr()) };
    vectors
}

/// Writes Q0 to Q31.
pub fn write_vectors(vectors: &Vectors) {
    // SAFETY: loads 512 bytes; as above.
    unsafe { vectors_write(vectors.0.as_ptr()) };
}

/// Lets EL1 use floating point, and leaves the bit of FPEN alone that the sweep uses.
pub fn enable_vectors() {
    msr!("cpacr_el1", mrs!("cpacr_el1") | 0b01 << 20);
    super::instruction!("isb");
}
