// SPDX-License-Identifier: MIT OR Apache-2.0
//! MSR and MRS of any encoding, written when they are needed.

use core::arch::{asm, global_asm};

use arm_syndrome::{Class, Spsr};

use super::{exception, instruction, probe};
use crate::differential::BATCH;

/// MSR and MRS with X0.
const MSR: u32 = 0xd500_0000;
const READS: u32 = 1 << 21;
const RET: u32 = 0xd65f_03c0;
const SVC: u32 = 0xd400_0001;

/// An encoding, and which way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// 2 or 3.
    pub op0: u8,
    /// 0 to 7.
    pub op1: u8,
    /// 0 to 15.
    pub crn: u8,
    /// 0 to 15.
    pub crm: u8,
    /// 0 to 7.
    pub op2: u8,
    /// MRS.
    pub reads: bool,
}

impl Access {
    fn word(self) -> u32 {
        let direction = if self.reads { READS } else { 0 };
        let [op0, op1, crn, crm, op2] = [self.op0, self.op1, self.crn, self.crm, self.op2].map(u32::from);
        MSR | direction | op0 << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5
    }
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out; X0 afterwards.
    Value(u64),
    /// Undefined instruction.
    Undefined,
    /// Another exception to EL1.
    Other(Class),
}

/// Two instructions for each access of a batch: the second is the way back.
#[repr(C, align(4096))]
struct Page([[u32; 2]; BATCH]);

static mut PAGE: Page = Page([[0; 2]; BATCH]);

global_asm!(
    r#"
    .text
    // u64 call_code(code, value)
call_code:
    mov     x2, x0
    mov     x0, x1
    br      x2
"#
);

unsafe extern "C" {
    fn call_code(code: u64, value: u64) -> u64;
}

/// Instructions, ready to run.
pub struct Batch {
    at_el0: bool,
}

impl Batch {
    /// Writes them.
    pub fn new(accesses: &[Access], at_el0: bool) -> Self {
        let back = if at_el0 { SVC } else { RET };
        let page = &raw mut PAGE;
        for (n, access) in accesses.iter().enumerate().take(BATCH) {
            // SAFETY: inside the page, which only this function writes, and nothing runs there meanwhile.
            unsafe { (*page).0[n] = [access.word(), back] };
        }
        let start = page as u64;
        for line in (start..start + size_of::<Page>() as u64).step_by(16) {
            // SAFETY: maintenance of our own memory.
            unsafe { asm!("dc cvau, {0}", "dsb ish", "ic ivau, {0}", in(reg) line, options(nostack)) };
        }
        instruction!("dsb ish");
        instruction!("isb");
        Self { at_el0 }
    }

    /// Runs number `n` with `value` in X0.
    pub fn run(&self, n: usize, value: u64) -> Outcome {
        let code = &raw const PAGE as u64 + 8 * n.min(BATCH - 1) as u64;
        exception::forget();
        let result = if self.at_el0 {
            // SAFETY: one access to a system register, then SVC.
            unsafe { probe::run_at_el0(code, value, Spsr::DAIF) }
        } else {
            // SAFETY: one access to a system register, then RET; what it writes is put back by the caller.
            unsafe { call_code(code, value) }
        };
        match exception::only() {
            None => Outcome::Value(result),
            Some(Class::UNKNOWN) => Outcome::Undefined,
            Some(other) => Outcome::Other(other),
        }
    }
}
