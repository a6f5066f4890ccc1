// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the registers are kept.

use arm_syndrome::SysReg;

use crate::{Counts, DebugRegister};

/// One vCPU's debug state. On target it is the kernel's, reached by invocations; in tests an array.
pub trait DebugBackend {
    /// Why an access failed. Not the guest's doing: indexes have been checked.
    type Error;

    /// How much there is.
    fn counts(&self) -> Counts;
    /// Reads a register.
    fn read(&mut self, register: DebugRegister) -> Result<u64, Self::Error>;
    /// What the core has in an ID register of the group that `HCR_EL2.TID3` traps.
    fn features(&mut self, register: SysReg) -> Result<u64, Self::Error>;
    /// Writes a register; `dirty` asks for the whole bank to go on the hardware at the next resume.
    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> Result<(), Self::Error>;
}
