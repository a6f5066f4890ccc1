// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every register that a 64-bit guest reaches without a trap: where its value is while another guest runs, or why there
//! is none. What EL1's AArch32 view reaches is mapped to these by the architecture (G8.1); what it has beyond them is in
//! [`Group::Aarch32`].

use lazaret_abi::Group;
use sel4_abi::vcpu_reg::VcpuReg::{self, *};

/// What becomes of a register when another guest takes the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A field of [`Group::El1`] or [`Group::Timer`].
    Field(VcpuReg),
    /// In this group, under another name.
    Word(Group),
    /// The same for every guest: it cannot be written.
    Constant,
    /// Emptied when the bank's owner changes, so that nobody finds it.
    Emptied,
    /// A trap that Arm's list has not set: HCR_EL2.TIDCP.
    Trapped,
    /// Of an extension after Armv8.0-A that no board's core has.
    Absent,
    /// It exists in Debug state only, which nothing here enters.
    DebugState,
}

/// Encodings from the first to the last, field by field.
pub struct Reached {
    first: [u8; 5],
    last: [u8; 5],
    /// Where it is.
    pub kept: Kept,
}

impl Reached {
    /// Is this encoding among them?
    pub fn covers(&self, encoding: [u8; 5]) -> bool {
        (0..5).all(|field| (self.first[field]..=self.last[field]).contains(&encoding[field]))
    }
}

const fn one(encoding: [u8; 5], kept: Kept) -> Reached {
    Reached { first: encoding, last: encoding, kept }
}

const fn some(first: [u8; 5], last: [u8; 5], kept: Kept) -> Reached {
    Reached { first, last, kept }
}

const fn field(encoding: [u8; 5], register: VcpuReg) -> Reached {
    one(encoding, Kept::Field(register))
}

const CORE: Kept = Kept::Word(Group::Core);
const DEBUG: Kept = Kept::Word(Group::Debug);

/// All of them, by encoding: op0, op1, CRn, CRm, op2.
pub static REACHED: &[Reached] = &[
    // DBGDTR: OSDTRRX_EL1, OSDTRTX_EL1, DBGDTR_EL0, DBGDTRTX_EL0; MDCCSR_EL0 tells whether they are full.
    one([2, 0, 0, 0, 2], Kept::Emptied),
    one([2, 0, 0, 3, 2], Kept::Emptied),
    some([2, 3, 0, 4, 0], [2, 3, 0, 5, 0], Kept::Emptied),
    one([2, 3, 0, 1, 0], Kept::Emptied),
    // OSECCR_EL1: RES0 while the OS lock, the hardware's, is free.
    one([2, 0, 0, 6, 2], Kept::Constant),
    // MDCCINT_EL1, MDSCR_EL1; breakpoints and watchpoints; the claim tags.
    one([2, 0, 0, 2, 0], DEBUG),
    one([2, 0, 0, 2, 2], DEBUG),
    some([2, 0, 0, 0, 4], [2, 0, 0, 15, 7], DEBUG),
    some([2, 0, 7, 8, 6], [2, 0, 7, 9, 6], DEBUG),
    // DBGAUTHSTATUS_EL1.
    one([2, 0, 7, 14, 6], Kept::Constant),
    // MIDR_EL1 is VPIDR_EL2, the core's own; REVIDR_EL1; MVFR0_EL1 to MVFR2_EL1 (HCR_EL2.TID3 traps them).
    one([3, 0, 0, 0, 0], Kept::Constant),
    field([3, 0, 0, 0, 5], VmpidrEl2),
    one([3, 0, 0, 0, 6], Kept::Constant),
    some([3, 0, 0, 3, 0], [3, 0, 0, 3, 2], Kept::Constant),
    field([3, 0, 1, 0, 0], Sctlr),
    field([3, 0, 1, 0, 2], Cpacr),
    // RGSR_EL1 and GCR_EL1: memory tagging.
    some([3, 0, 1, 0, 5], [3, 0, 1, 0, 6], Kept::Absent),
    field([3, 0, 2, 0, 0], Ttbr0),
    field([3, 0, 2, 0, 1], Ttbr1),
    field([3, 0, 2, 0, 2], Tcr),
    field([3, 0, 4, 0, 0], SpsrEl1),
    field([3, 0, 4, 0, 1], ElrEl1),
    // SPSel, CurrentEL: PSTATE. PAN and UAO.
    one([3, 0, 4, 2, 0], CORE),
    one([3, 0, 4, 2, 2], CORE),
    some([3, 0, 4, 2, 3], [3, 0, 4, 2, 4], Kept::Absent),
    field([3, 0, 5, 1, 0], Afsr0),
    field([3, 0, 5, 1, 1], Afsr1),
    field([3, 0, 5, 2, 0], Esr),
    field([3, 0, 6, 0, 0], Far),
    // TFSR_EL1 and TFSRE0_EL1: memory tagging.
    one([3, 0, 6, 5, 0], Kept::Absent),
    one([3, 0, 6, 6, 1], Kept::Absent),
    field([3, 0, 7, 4, 0], Par),
    field([3, 0, 10, 2, 0], Mair),
    field([3, 0, 10, 3, 0], Amair),
    // LORSA_EL1 to LORID_EL1: limited ordering regions. MPAM1_EL1, MPAM0_EL1, MPAMIDR_EL1: memory partitioning.
    some([3, 0, 10, 4, 0], [3, 0, 10, 4, 7], Kept::Absent),
    some([3, 0, 10, 5, 0], [3, 0, 10, 5, 1], Kept::Absent),
    field([3, 0, 12, 0, 0], Vbar),
    // ISR_EL1: what is pending, by HCR_EL2 and the virtual interrupt controller.
    one([3, 0, 12, 1, 0], Kept::Word(Group::Gic)),
    field([3, 0, 13, 0, 1], Cidr),
    field([3, 0, 13, 0, 4], TpidrEl1),
    field([3, 0, 14, 1, 0], CntkctlEl1),
    // CCSIDR_EL1, CLIDR_EL1, CCSIDR2_EL1, AIDR_EL1; CSSELR_EL1.
    some([3, 1, 0, 0, 0], [3, 1, 0, 0, 7], Kept::Constant),
    one([3, 2, 0, 0, 0], Kept::Word(Group::El1)),
    // CTR_EL0, DCZID_EL0.
    one([3, 3, 0, 0, 1], Kept::Constant),
    one([3, 3, 0, 0, 7], Kept::Constant),
    // RNDR is 3 3 2 4 0.
    one([3, 3, 2, 4, 0], Kept::Absent),
    // NZCV, DAIF; DIT, SSBS, TCO; FPCR, FPSR; DSPSR_EL0, DLR_EL0.
    some([3, 3, 4, 2, 0], [3, 3, 4, 2, 1], CORE),
    some([3, 3, 4, 2, 5], [3, 3, 4, 2, 7], Kept::Absent),
    some([3, 3, 4, 4, 0], [3, 3, 4, 4, 1], Kept::Word(Group::Fp)),
    some([3, 3, 4, 5, 0], [3, 3, 4, 5, 1], Kept::DebugState),
    // TPIDR_EL0, TPIDRRO_EL0.
    some([3, 3, 13, 0, 2], [3, 3, 13, 0, 3], CORE),
    // CNTFRQ_EL0; CNTPCT_EL0; CNTVCT_EL0.
    one([3, 3, 14, 0, 0], Kept::Constant),
    one([3, 3, 14, 0, 1], Kept::Trapped),
    field([3, 3, 14, 0, 2], Cntvoff),
    // CNTV_TVAL_EL0 is another view of CNTV_CVAL_EL0.
    field([3, 3, 14, 3, 0], CntvCval),
    field([3, 3, 14, 3, 1], CntvCtl),
    field([3, 3, 14, 3, 2], CntvCval),
    some([3, 3, 15, 0, 0], [3, 3, 15, 15, 7], Kept::Trapped),
];

/// Fields that no register without a trap is: ACTLR_EL1 traps (HCR_EL2.TACR), and a guest has its stack pointers by the
/// instructions that use them.
pub const OTHER_FIELDS: &[VcpuReg] = &[Actlr, SpEl1];
