// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fields of VCPU_ReadReg and VCPU_WriteReg.

macro_rules! vcpu_registers {
    ($($name:ident),* $(,)?) => {
        /// Corresponds to `seL4_VCPUReg`: number = position.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u64)]
        #[allow(missing_docs, reason = "the names are the architecture's")]
        pub enum VcpuReg { $($name),* }

        impl VcpuReg {
            /// All fields, by number.
            pub const ALL: &'static [VcpuReg] = &[$(VcpuReg::$name),*];
        }
    };
}

vcpu_registers! {
    Sctlr, Cpacr, Ttbr0, Ttbr1, Tcr, Mair, Amair, Cidr, Actlr, Afsr0, Afsr1, Esr, Far, Par, Vbar, TpidrEl1,
    VmpidrEl2, SpEl1, ElrEl1, SpsrEl1, CntvCtl, CntvCval, Cntvoff, CntkctlEl1,
}

impl VcpuReg {
    /// The field of a number.
    pub const fn from_number(number: u64) -> Option<Self> {
        if number < Self::ALL.len() as u64 { Some(Self::ALL[number as usize]) } else { None }
    }
}

const _: () = assert!(VcpuReg::ALL.len() == 24);
