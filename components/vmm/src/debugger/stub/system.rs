// SPDX-License-Identifier: MIT OR Apache-2.0
//! System registers that gdb shows: those of EL1 that the kernel keeps, and the guest's own debug registers, which are not
//! what is on the hardware.

use crate::vcpu::{DebugRegister, VcpuReg};

/// Where a register is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The vCPU's.
    El1(VcpuReg),
    /// As the guest has it.
    Debug(DebugRegister),
}

macro_rules! system_registers {
    ($($name:literal: $source:ident $register:expr;)*) => {
        /// Each with its name, in the order of gdb's numbers.
        pub const SYSTEM: &[(&str, Source)] = &[$(($name, Source::$source($register))),*];

        /// Their part of the description.
        pub const SYSTEM_XML: &str = concat!(
            "<feature name=\"org.lazaret.aarch64.system\">",
            $("<reg name=\"", $name, "\" bitsize=\"64\" type=\"int\" group=\"system\" save-restore=\"no\"/>",)*
            "</feature>",
        );
    };
}

system_registers! {
    "SCTLR_EL1": El1 VcpuReg::Sctlr;
    "TTBR0_EL1": El1 VcpuReg::Ttbr0;
    "TTBR1_EL1": El1 VcpuReg::Ttbr1;
    "TCR_EL1": El1 VcpuReg::Tcr;
    "MAIR_EL1": El1 VcpuReg::Mair;
    "VBAR_EL1": El1 VcpuReg::Vbar;
    "ELR_EL1": El1 VcpuReg::ElrEl1;
    "SPSR_EL1": El1 VcpuReg::SpsrEl1;
    "ESR_EL1": El1 VcpuReg::Esr;
    "FAR_EL1": El1 VcpuReg::Far;
    "PAR_EL1": El1 VcpuReg::Par;
    "CONTEXTIDR_EL1": El1 VcpuReg::Cidr;
    "TPIDR_EL1": El1 VcpuReg::TpidrEl1;
    "CPACR_EL1": El1 VcpuReg::Cpacr;
    "CNTV_CTL_EL0": El1 VcpuReg::CntvCtl;
    "CNTV_CVAL_EL0": El1 VcpuReg::CntvCval;
    "MDSCR_EL1": Debug DebugRegister::Mdscr;
    "OSLSR_EL1": Debug DebugRegister::OsLock;
    "DBGBCR0_EL1": Debug DebugRegister::Bcr(0);
    "DBGBVR0_EL1": Debug DebugRegister::Bvr(0);
    "DBGBCR1_EL1": Debug DebugRegister::Bcr(1);
    "DBGBVR1_EL1": Debug DebugRegister::Bvr(1);
    "DBGBCR2_EL1": Debug DebugRegister::Bcr(2);
    "DBGBVR2_EL1": Debug DebugRegister::Bvr(2);
    "DBGBCR3_EL1": Debug DebugRegister::Bcr(3);
    "DBGBVR3_EL1": Debug DebugRegister::Bvr(3);
    "DBGBCR4_EL1": Debug DebugRegister::Bcr(4);
    "DBGBVR4_EL1": Debug DebugRegister::Bvr(4);
    "DBGBCR5_EL1": Debug DebugRegister::Bcr(5);
    "DBGBVR5_EL1": Debug DebugRegister::Bvr(5);
    "DBGWCR0_EL1": Debug DebugRegister::Wcr(0);
    "DBGWVR0_EL1": Debug DebugRegister::Wvr(0);
    "DBGWCR1_EL1": Debug DebugRegister::Wcr(1);
    "DBGWVR1_EL1": Debug DebugRegister::Wvr(1);
    "DBGWCR2_EL1": Debug DebugRegister::Wcr(2);
    "DBGWVR2_EL1": Debug DebugRegister::Wvr(2);
    "DBGWCR3_EL1": Debug DebugRegister::Wcr(3);
    "DBGWVR3_EL1": Debug DebugRegister::Wvr(3);
}
