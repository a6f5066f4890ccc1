// SPDX-License-Identifier: MIT OR Apache-2.0
//! Floating-point registers between memory and hardware. CPTR_EL2 must be open.

use crate::object::vcpu::FpState;
use core::cell::Cell;

/// To memory.
pub fn save(fp: &FpState) {
    // SAFETY: writes the 512 bytes of `v`, which are Cells; the registers are a guest's and not in use by Rust code
    // (the kernel is built without them). CPTR_EL2 is open.
    unsafe {
        core::arch::asm!(
            ".arch_extension fp", ".arch_extension simd",
            "stp q0, q1, [{v}]", "stp q2, q3, [{v}, #32]", "stp q4, q5, [{v}, #64]", "stp q6, q7, [{v}, #96]",
            "stp q8, q9, [{v}, #128]", "stp q10, q11, [{v}, #160]", "stp q12, q13, [{v}, #192]",
            "stp q14, q15, [{v}, #224]", "stp q16, q17, [{v}, #256]", "stp q18, q19, [{v}, #288]",
            "stp q20, q21, [{v}, #320]", "stp q22, q23, [{v}, #352]", "stp q24, q25, [{v}, #384]",
            "stp q26, q27, [{v}, #416]", "stp q28, q29, [{v}, #448]", "stp q30, q31, [{v}, #480]",
            v = in(reg) fp.v.as_ptr(), options(nostack, preserves_flags));
    }
    save_control(&fp.fpcr, &fp.fpsr);
}

fn save_control(fpcr: &Cell<u64>, fpsr: &Cell<u64>) {
    let (control, status): (u64, u64);
    // SAFETY: reads two registers.
    unsafe {
        core::arch::asm!(".arch_extension fp", "mrs {}, fpcr", "mrs {}, fpsr", out(reg) control, out(reg) status,
            options(nomem, nostack, preserves_flags));
    }
    fpcr.set(control);
    fpsr.set(status);
}

/// From memory.
pub fn load(fp: &FpState) {
    // SAFETY: reads the 512 bytes of `v` into registers that Rust code of the kernel does not use.
    unsafe {
        core::arch::asm!(
            ".arch_extension fp", ".arch_extension simd",
            "ldp q0, q1, [{v}]", "ldp q2, q3, [{v}, #32]", "ldp q4, q5, [{v}, #64]", "ldp q6, q7, [{v}, #96]",
            "ldp q8, q9, [{v}, #128]", "ldp q10, q11, [{v}, #160]", "ldp q12, q13, [{v}, #192]",
            "ldp q14, q15, [{v}, #224]", "ldp q16, q17, [{v}, #256]", "ldp q18, q19, [{v}, #288]",
            "ldp q20, q21, [{v}, #320]", "ldp q22, q23, [{v}, #352]", "ldp q24, q25, [{v}, #384]",
            "ldp q26, q27, [{v}, #416]", "ldp q28, q29, [{v}, #448]", "ldp q30, q31, [{v}, #480]",
            "msr fpcr, {c}", "msr fpsr, {s}",
            v = in(reg) fp.v.as_ptr(), c = in(reg) fp.fpcr.get(), s = in(reg) fp.fpsr.get(),
            options(nostack, preserves_flags));
    }
}
