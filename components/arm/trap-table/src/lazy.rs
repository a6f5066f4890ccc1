// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which registers trap only until a vCPU has the debug registers of its core.

use arm_syndrome::{Coprocessor, CpReg, CpReg64, SysReg};

/// An encoding, of whichever width.
pub trait Encoding: Copy {
    /// Whether the register stops trapping once the vCPU owns its core's debug registers (`MDCR_EL2.TDA`). Never so the
    /// locks and power control (`TDOSA`) and the ROM addresses (`TDRA`): their traps protect the core itself.
    fn is_lazy(self) -> bool;
}

/// In the debug registers' space. In c1 are locks, power control and a ROM address, and only in AArch32 also the high
/// halves of breakpoint values; c2 has the other ROM address.
#[inline(always)]
const fn is_lazy(crn: u8, op2: u8) -> bool {
    const HIGH_HALF: u8 = 1;
    // Most are in c0, and one comparison says so: it wraps below 1.
    crn.wrapping_sub(1) > 1 || (crn == 1 && op2 == HIGH_HALF)
}

impl Encoding for SysReg {
    #[inline(always)]
    fn is_lazy(self) -> bool {
        self.op0() == 2 && is_lazy(self.crn(), self.op2())
    }
}

impl Encoding for CpReg {
    #[inline(always)]
    fn is_lazy(self) -> bool {
        matches!(self.coprocessor(), Coprocessor::P14) && self.opc1() == 0 && is_lazy(self.crn(), self.opc2())
    }
}

impl Encoding for CpReg64 {
    /// There are ROM addresses only.
    fn is_lazy(self) -> bool {
        false
    }
}
