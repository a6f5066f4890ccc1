// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a guest and a native program may touch: every bit of the EL2 trap registers that the kernel relies on, as
//! pairs of constants. `MUST_BE_1` and `MUST_BE_0` together say the whole policy; the values written satisfy both.
//!
//! MDCR_EL2 is the debug shim's: its pair is in that crate.

use crate::config;

/// HCR_EL2 bits by name.
pub mod hcr {
    /// Stage-2 translation.
    pub const VM: u64 = 1 << 0;
    /// Set/way clean becomes clean and invalidate.
    pub const SWIO: u64 = 1 << 1;
    /// FIQ comes to EL2; virtual FIQ exists.
    pub const FMO: u64 = 1 << 3;
    /// IRQ comes to EL2; virtual IRQ exists.
    pub const IMO: u64 = 1 << 4;
    /// SError comes to EL2.
    pub const AMO: u64 = 1 << 5;
    /// A virtual SError is pending.
    pub const VSE: u64 = 1 << 8;
    /// Barriers reach the inner shareable domain at least.
    pub const BSU_INNER: u64 = 1 << 10;
    /// Memory is cacheable although stage 1 is off.
    pub const DC: u64 = 1 << 12;
    /// WFI traps.
    pub const TWI: u64 = 1 << 13;
    /// WFE traps.
    pub const TWE: u64 = 1 << 14;
    /// ID group 0 (32-bit FPSID, JIDR) traps.
    pub const TID0: u64 = 1 << 15;
    /// ID group 3 (ID_AA64*, ID_*) traps.
    pub const TID3: u64 = 1 << 18;
    /// SMC traps.
    pub const TSC: u64 = 1 << 19;
    /// Implementation-defined registers (S3_*_C11_*, S3_*_C15_*: CPUACTLR_EL1, CPUECTLR_EL1, L2CTLR_EL1 ...) trap.
    pub const TIDCP: u64 = 1 << 20;
    /// ACTLR_EL1 traps.
    pub const TACR: u64 = 1 << 21;
    /// Cache maintenance by set/way (DC ISW, CSW, CISW) traps.
    pub const TSW: u64 = 1 << 22;
    /// Writes of SCTLR_EL1, TTBRn_EL1, TCR_EL1, ESR, FAR, AFSRn, MAIR, AMAIR, CONTEXTIDR trap.
    pub const TVM: u64 = 1 << 26;
    /// Exceptions of EL0 come to EL2; EL1 does not exist.
    pub const TGE: u64 = 1 << 27;
    /// HVC is undefined.
    pub const HCD: u64 = 1 << 29;
    /// EL1 is AArch64.
    pub const RW: u64 = 1 << 31;
    /// Host extensions.
    pub const E2H: u64 = 1 << 34;
}

/// A trap register's policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Bits that are set whenever the policy holds.
    pub must_be_1: u64,
    /// Bits that are clear whenever the policy holds.
    pub must_be_0: u64,
}

impl Policy {
    /// Does a value obey?
    pub const fn allows(self, value: u64) -> bool {
        value & self.must_be_1 == self.must_be_1 && value & self.must_be_0 == 0
    }
}

use hcr::*;

/// HCR_EL2 while a guest runs.
pub const GUEST_HCR: Policy = Policy {
    must_be_1: VM       // its memory is what stage 2 says
        | AMO | IMO | FMO   // physical interrupts are the kernel's
        | BSU_INNER
        | TSC           // SMC: PSCI is the VMM's, firmware is nobody's
        | TIDCP         // CPUACTLR_EL1, CPUECTLR_EL1, L2CTLR_EL1, CPUMERRSR_EL1 ...: shared by all VMs
        | TACR          // ACTLR_EL1
        | TID3          // ID_AA64DFR0_EL1 ...: what a VMM promises, not what the core has
        | TSW, // DC ISW, DC CSW, DC CISW: reach other VMs' lines
    must_be_0: TGE | DC | HCD | E2H
        | TWE           // a WFE that has nothing to wait for ends by itself
        | TVM, // no cost for the guest's own translation registers
};
/// An idle guest gives its time back, unless the configuration lets the core sleep in it.
const IDLE: u64 = if config::DISABLE_WFI_TRAP { 0 } else { TWI };
/// HCR_EL2 of an AArch64 guest.
pub const HCR_GUEST: u64 = GUEST_HCR.must_be_1 | IDLE | RW;
/// HCR_EL2 of an AArch32 guest.
pub const HCR_GUEST32: u64 = HCR_GUEST & !RW;

/// HCR_EL2 while a native program runs.
pub const NATIVE_HCR: Policy = Policy {
    must_be_1: VM | DC | TGE | RW | AMO | IMO | FMO | SWIO | BSU_INNER
        | TWI | TWE     // a program waits in the kernel, not in the core
        | TSC | TIDCP | TACR | TSW | TVM,
    must_be_0: E2H,
};
/// HCR_EL2 of native programs.
pub const HCR_NATIVE: u64 = NATIVE_HCR.must_be_1;

/// CPTR_EL2 bits by name.
pub mod cptr {
    /// Reads as one.
    pub const RES1: u64 = 0x33ff;
    /// Floating point and SIMD (V0-V31, FPCR, FPSR; VFP) trap.
    pub const TFP: u64 = 1 << 10;
    /// Trace registers trap.
    pub const TTA: u64 = 1 << 20;
    /// Accesses of CPACR_EL1 trap.
    pub const TCPAC: u64 = 1 << 31;
}

/// CPTR_EL2 while the guest that owns the floating-point registers runs.
pub const CPTR_FP_OPEN: u64 = (cptr::RES1 & !cptr::TFP) | cptr::TTA;
/// CPTR_EL2 at all other times.
pub const CPTR_FP_TRAPPED: u64 = CPTR_FP_OPEN | cptr::TFP;
/// CPTR_EL2 whoever runs.
pub const ALWAYS_CPTR: Policy = Policy {
    must_be_1: cptr::TTA, // trace registers: TRCPRGCTLR ...
    must_be_0: cptr::TCPAC,
};

/// HSTR_EL2: 32-bit guests' CP15 by primary register. c15 is implementation-defined, c11 on some cores as well.
pub const HSTR: u64 = (1 << 15) | (1 << 11);

/// CNTHCTL_EL2: the physical timer and its counter trap, because nobody switches them and they have no offset of a guest's.
/// No event stream.
pub const CNTHCTL: u64 = 0;
/// EL1 and EL0 may read CNTPCT_EL0.
pub const CNTHCTL_EL1PCTEN: u64 = 1 << 0;
/// EL1 and EL0 may use CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0.
pub const CNTHCTL_EL1PCEN: u64 = 1 << 1;
/// The counter makes events.
pub const CNTHCTL_EVNTEN: u64 = 1 << 2;
/// CNTHCTL_EL2 whoever runs.
pub const ALWAYS_CNTHCTL: Policy =
    Policy { must_be_1: 0, must_be_0: CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN | CNTHCTL_EVNTEN };

/// SCTLR_EL1 while a native program runs: stage 1 off, little endian, SP checked, DC ZVA, cache maintenance by
/// address and CTR_EL0 allowed; DAIF and setting the endianness not.
pub const SCTLR_EL1_NATIVE: u64 = SCTLR_EL1_RES1
    | (1 << 2)      // C
    | (1 << 4)      // SA0
    | (1 << 5)      // CP15BEN
    | (1 << 12)     // I
    | (1 << 14)     // DZE
    | (1 << 15)     // UCT
    | (1 << 16) | (1 << 18) // nTWI, nTWE: HCR_EL2 decides
    | (1 << 26); // UCI
/// Bits of SCTLR_EL1 that are one on these cores.
pub const SCTLR_EL1_RES1: u64 = (1 << 11) | (1 << 20) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29);
/// SCTLR_EL1 of a fresh vCPU, as seL4 gives it.
pub const SCTLR_EL1_FRESH: u64 = 0x34d5_8820;
/// TCR_EL1 while a native program runs: the top byte of its addresses counts (TBI0 is 0). Nothing else of it has a
/// meaning with stage 1 off.
pub const TCR_EL1_NATIVE: u64 = 0;
/// CNTKCTL_EL1 while a native program runs: it may read what the configuration says, and no timer.
pub const CNTKCTL_EL1_NATIVE: u64 = config::EXPORT_PCNT_USER as u64 | (config::EXPORT_VCNT_USER as u64) << 1;

const _: () = {
    assert!(GUEST_HCR.allows(HCR_GUEST) && GUEST_HCR.allows(HCR_GUEST32));
    assert!(HCR_GUEST ^ HCR_GUEST32 == RW);
    assert!(NATIVE_HCR.allows(HCR_NATIVE));
    assert!(ALWAYS_CPTR.allows(CPTR_FP_OPEN) && ALWAYS_CPTR.allows(CPTR_FP_TRAPPED));
    assert!(ALWAYS_CNTHCTL.allows(CNTHCTL));
    assert!(GUEST_HCR.must_be_0 & GUEST_HCR.must_be_1 == 0);
    assert!(SCTLR_EL1_NATIVE & 1 == 0);
};
