// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of virtual CPUs.

use crate::{InvocationContext, Result, VCpuReg, Word, cap, sys::invocation::Invocation};

impl<C: InvocationContext> cap::VCpu<C> {
    /// Corresponds to `seL4_ARM_VCPU_SetTCB`.
    pub fn vcpu_set_tcb(self, tcb: cap::Tcb) -> Result<()> {
        self.run(Invocation::VcpuSetTcb, &[], &[tcb.bits()])
    }

    /// Corresponds to `seL4_ARM_VCPU_ReadRegs`.
    pub fn vcpu_read_regs(self, field: VCpuReg) -> Result<Word> {
        self.invoke_raw(Invocation::VcpuReadReg.label(), &[field.into_word()], &[])
    }

    /// Corresponds to `seL4_ARM_VCPU_WriteRegs`.
    pub fn vcpu_write_regs(self, field: VCpuReg, value: Word) -> Result<()> {
        self.run(Invocation::VcpuWriteReg, &[field.into_word(), value], &[])
    }

    /// Corresponds to `seL4_ARM_VCPU_AckVPPI`.
    pub fn vcpu_ack_vppi(self, irq: Word) -> Result<()> {
        self.run(Invocation::VcpuAckVppi, &[irq], &[])
    }

    /// Corresponds to `seL4_ARM_VCPU_InjectIRQ`.
    pub fn vcpu_inject_irq(self, virq: u16, priority: u8, group: u8, index: u8) -> Result<()> {
        let word = Word::from(virq) | Word::from(priority) << 16 | Word::from(group) << 24 | Word::from(index) << 32;
        self.run(Invocation::VcpuInjectIrq, &[word], &[])
    }
}
