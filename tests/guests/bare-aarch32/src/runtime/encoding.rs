// SPDX-License-Identifier: MIT OR Apache-2.0
//! MRC, MCR, MRRC and MCRR of any encoding, written when they are needed.

use core::arch::global_asm;
use core::sync::atomic::Ordering::Relaxed;

use bare_aarch64::differential::BATCH;

use super::exception::{Event, ORIGIN, SUPERVISOR, USER, count, forget};
use super::{instruction, mcr, probe};

/// MCR with R0, and MCRR with R0 and R1, of all conditions.
const MCR: u32 = 0xee00_0010;
const MCRR: u32 = 0xec41_0000;
/// MRC instead, MRRC instead.
const READS: u32 = 1 << 20;
const BX_LR: u32 = 0xe12f_ff1e;
const SVC: u32 = 0xef00_0000;

/// An encoding, and which way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// 14 or 15.
    pub coprocessor: u8,
    /// 0 to 7; of a 64-bit access 0 to 15.
    pub opc1: u8,
    /// CRn and opc2, 0 to 15 and 0 to 7; a 64-bit access has none.
    pub single: Option<(u8, u8)>,
    /// 0 to 15.
    pub crm: u8,
    /// MRC or MRRC.
    pub reads: bool,
}

/// What an empty place of a batch holds.
pub const NOWHERE: Access = Access { coprocessor: 14, opc1: 0, single: None, crm: 0, reads: true };

impl Access {
    fn word(self) -> u32 {
        let direction = if self.reads { READS } else { 0 };
        let [coprocessor, opc1, crm] = [self.coprocessor, self.opc1, self.crm].map(u32::from);
        let common = direction | coprocessor << 8 | crm;
        match self.single {
            Some((crn, opc2)) => MCR | common | opc1 << 21 | u32::from(crn) << 16 | u32::from(opc2) << 5,
            None => MCRR | common | opc1 << 4,
        }
    }
}

/// What came of it: R0, and R1 above it, if it was carried out.
pub type Outcome = Option<u64>;

/// Two instructions for each access of a batch: the second is the way back.
#[repr(C, align(4096))]
struct Page([[u32; 2]; BATCH]);

static mut PAGE: Page = Page([[0; 2]; BATCH]);

global_asm!(
    r#"
    .text
    .arm
    // u64 call_code(value, code)
call_code:
    push    {{r4, lr}}
    blx     r2
    pop     {{r4, pc}}
"#
);

unsafe extern "C" {
    fn call_code(value: u64, code: u32) -> u64;
}

/// Instructions, ready to run.
pub struct Batch {
    at_pl0: bool,
}

impl Batch {
    /// Writes them.
    pub fn new(accesses: &[Access], at_pl0: bool) -> Self {
        let back = if at_pl0 { SVC } else { BX_LR };
        let page = &raw mut PAGE;
        for (n, access) in accesses.iter().enumerate().take(BATCH) {
            // SAFETY: inside the page, which only this function writes, and nothing runs there meanwhile.
            unsafe { (*page).0[n] = [access.word(), back] };
        }
        let start = page as u32;
        for line in (start..start + size_of::<Page>() as u32).step_by(16) {
            // DCCMVAU, ICIMVAU.
            mcr!("p15, 0", "c7, c11, 1", line);
            instruction!("dsb");
            mcr!("p15, 0", "c7, c5, 1", line);
        }
        instruction!("dsb\n isb");
        Self { at_pl0 }
    }

    /// Runs number `n` with `value` in R0 and R1; at PL0 with its low half in both.
    pub fn run(&self, n: usize, value: u64) -> Outcome {
        let code = &raw const PAGE as u32 + 8 * n.min(BATCH - 1) as u32;
        forget();
        ORIGIN.store(if self.at_pl0 { USER } else { SUPERVISOR }, Relaxed);
        let result = if self.at_pl0 {
            probe::run_at_pl0(code, value as u32)
        } else {
            // SAFETY: one access to a coprocessor, then the return; what it writes is put back by the caller.
            unsafe { call_code(value, code) }
        };
        ORIGIN.store(0, Relaxed);
        (count(Event::Undefined) == 0).then_some(result)
    }
}
