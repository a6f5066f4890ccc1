// SPDX-License-Identifier: MIT OR Apache-2.0
//! What of a guest's EL1 reaches EL0 although HCR_EL2.TGE = 1 (with E2H = 0), and what native programs find instead.
//!
//! A guest's EL1 registers stay in the hardware while its VMM runs, and any native program after it, until another vCPU
//! needs them. Most of them mean nothing then: there is no EL1, and SCTLR_EL1.M counts as 0 (Arm ARM, HCR_EL2.TGE). This
//! is the list of those that do mean something, and of those that look as if they did. `tests/kernel/src/cases/native.rs`
//! sets them to hostile values in a guest, and looks for what changes for a native program.
//!
//! | register | what would reach EL0 | native programs find | by |
//! |---|---|---|---|
//! | SCTLR_EL1 | A, SA0, E0E, UMA, DZE, UCT, UCI; of later cores EnIA to EnDB, BT0, ATA0, TCF0, EnTP2 | `SCTLR_EL1_NATIVE` | switched here |
//! | SCTLR_EL1.nTWI, nTWE | WFI and WFE trap | they trap: HCR_EL2.TWI and TWE are asked after them, and both go to EL2 | switched here |
//! | SCTLR_EL1.M, WXN, C, I | nothing: M counts as 0, HCR_EL2.DC makes memory cacheable | no stage 1 | HCR_EL2 |
//! | TCR_EL1.TBI0, TBID0 | the top byte of addresses is ignored, with stage 1 off as well | 0: it is not ignored | switched here |
//! | TCR_EL1.TBI1 | nothing: bit 55 of such an address is set, which is above every address size | an abort | stage 1 is off |
//! | other fields of TCR_EL1, TTBRn_EL1, MAIR_EL1, AMAIR_EL1 | nothing: no walk of stage 1 | no stage 1 | HCR_EL2 |
//! | CNTKCTL_EL1 | access to counters and timers, the event stream | `CNTKCTL_EL1_NATIVE` | switched here |
//! | CNTVOFF_EL2 | what CNTVCT_EL0 counts from | 0 | switched here |
//! | CNTV_CTL_EL0, CNTV_CVAL_EL0 | an interrupt; the registers trap | no timer | stopped, or left to interrupt while the guest's own VMM runs and no offset is there |
//! | CPACR_EL1.FPEN | which syndrome a floating-point instruction traps with | always the one of an unknown instruction | CPTR_EL2.TFP traps it in any case, `Fault::of_exception` |
//! | CPACR_EL1.TTA, ZEN, SMEN | nothing that CPTR_EL2 does not trap | an exception | CPTR_EL2 |
//! | TPIDR_EL0, TPIDRRO_EL0 | their values | the thread's own | switched with the thread |
//! | CONTEXTIDR_EL1, TPIDR_EL1, PAR_EL1, CSSELR_EL1, ESR_EL1 and other values | nothing: EL0 has no instruction for them, and CONTEXTIDR_EL1 is compared only by breakpoints | | |
//! | MDSCR_EL1, breakpoints, watchpoints, OS lock | debug exceptions; TDCC | none are armed, the debug channel traps | debug shim |
//! | PMUSERENR_EL0 and the counters | access to counters | they trap | MDCR_EL2 traps the guest, so 0 stays |
//! | FPCR, V0 to V31 | values and exceptions | they trap | CPTR_EL2.TFP |
//! | SCXTNUM_EL0, APxKey, RGSR_EL1, GCR_EL1, LORC_EL1, AMUSERENR_EL0 of later cores | values, keys, tags, access | they trap or the core is refused | HCR_EL2 bits that are 0, `features` |
//!
//! The virtual GIC's CPU interface is not here: no instruction reaches it, only a mapping of its page does, and a VSpace
//! with that mapping is a guest's (`object::asid::keep_for_guests`).

use super::sysreg::*;
use crate::arch::arm::policy;
use crate::object::vcpu::Vcpu;
use sel4_abi::vcpu_reg::VcpuReg;

/// The registers that a guest changes without a trap, with the value that native programs run with.
macro_rules! switched {
    ($action:ident, $vcpu:expr) => {
        $action! { $vcpu,
            Sctlr sctlr_el1 SCTLR_EL1_NATIVE, Tcr tcr_el1 TCR_EL1_NATIVE, CntkctlEl1 cntkctl_el1 CNTKCTL_EL1_NATIVE
        }
    };
}

macro_rules! hide {
    ($vcpu:expr, $($field:ident $register:ident $native:ident),*) => {
        $($vcpu.regs[VcpuReg::$field as usize].set($register::read());)*
        $($register::write(policy::$native);)*
    };
}

macro_rules! show {
    ($vcpu:expr, $($field:ident $register:ident $native:ident),*) => {
        $($register::write($vcpu.regs[VcpuReg::$field as usize].get());)*
    };
}

/// On a core with erratum 845719: 32-bit code that runs next does not find what EL2 has loaded.
#[inline(always)]
pub(super) fn forget_loads() {
    contextidr_el1::write(contextidr_el1::read());
}

/// The guest stops: what it has set goes to memory, native programs find theirs.
#[inline(always)]
pub(super) fn hide_el1(vcpu: &Vcpu) {
    switched!(hide, vcpu);
}

/// The way back.
#[inline(always)]
pub(super) fn show_el1(vcpu: &Vcpu) {
    switched!(show, vcpu);
}

/// The guest's virtual time stops to be the core's. Its timer first: without the offset it would compare with another
/// time.
#[inline(always)]
pub(super) fn hide_time(vcpu: &Vcpu) {
    vcpu.regs[VcpuReg::CntvCtl as usize].set(cntv_ctl_el0::read());
    cntv_ctl_el0::write(0);
    cntvoff_el2::write(0);
}

/// The way back. The offset cannot be read there: only a VMM changes it, in memory.
#[inline(always)]
pub(super) fn show_time(vcpu: &Vcpu) {
    cntvoff_el2::write(vcpu.regs[VcpuReg::Cntvoff as usize].get());
    cntv_ctl_el0::write(vcpu.regs[VcpuReg::CntvCtl as usize].get());
}
