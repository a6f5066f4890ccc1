// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers of a VCPU object.

use crate::{Word, sys::vcpu_reg::VcpuReg as Raw};

macro_rules! registers {
    ($($name:ident = $raw:ident,)*) => {
        /// Corresponds to `seL4_VCPUReg`.
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        #[allow(non_camel_case_types, missing_docs, reason = "the names are the architecture's")]
        #[repr(u64)]
        pub enum VCpuReg { $($name = Raw::$raw as u64,)* }

        impl VCpuReg {
            /// Every register, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

registers! {
    SCTLR = Sctlr, CPACR = Cpacr, TTBR0 = Ttbr0, TTBR1 = Ttbr1, TCR = Tcr, MAIR = Mair, AMAIR = Amair, CIDR = Cidr,
    ACTLR = Actlr, AFSR0 = Afsr0, AFSR1 = Afsr1, ESR = Esr, FAR = Far, PAR = Par, VBAR = Vbar, TPIDR_EL1 = TpidrEl1,
    VMPIDR_EL2 = VmpidrEl2, SP_EL1 = SpEl1, ELR_EL1 = ElrEl1, SPSR_EL1 = SpsrEl1, CNTV_CTL = CntvCtl,
    CNTV_CVAL = CntvCval, CNTVOFF = Cntvoff, CNTKCTL_EL1 = CntkctlEl1,
}

impl VCpuReg {
    /// The field number.
    pub const fn into_word(self) -> Word {
        self as Word
    }
}

const _: () = assert!(VCpuReg::ALL.len() == Raw::ALL.len());
