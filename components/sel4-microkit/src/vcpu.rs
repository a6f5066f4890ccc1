// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vCPUs of a protection domain's virtual machine.

use sel4::{Result, UserContext, VCpuReg, Word};

const BASE_VM_TCB: usize = 266;
const BASE_VCPU: usize = 330;

/// A vCPU, by its id in the virtual machine.
#[derive(Debug, Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Vcpu {
    index: usize,
}

impl Vcpu {
    /// The vCPU of an id.
    pub const fn new(index: usize) -> Self {
        Self { index }
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Its thread.
    pub fn tcb(&self) -> sel4::cap::Tcb {
        sel4::Cap::from_bits((BASE_VM_TCB + self.index) as sel4::CPtrBits)
    }

    /// Its VCPU object.
    pub fn vcpu(&self) -> sel4::cap::VCpu {
        sel4::Cap::from_bits((BASE_VCPU + self.index) as sel4::CPtrBits)
    }

    /// Starts it at an address. Corresponds to `microkit_vcpu_restart`.
    pub fn restart(&self, entry_point: Word) -> Result<()> {
        let mut context = UserContext::default();
        *context.pc_mut() = entry_point;
        self.tcb().tcb_write_registers(true, 1, &context)
    }

    /// Stops it. Corresponds to `microkit_vcpu_stop`.
    pub fn stop(&self) -> Result<()> {
        self.tcb().tcb_suspend()
    }

    /// Puts an interrupt into a list register. Corresponds to `microkit_vcpu_arm_inject_irq`.
    pub fn inject_irq(&self, irq: u16, priority: u8, group: u8, index: u8) -> Result<()> {
        self.vcpu().vcpu_inject_irq(irq, priority, group, index)
    }

    /// Lets the virtual timer fire again. Corresponds to `microkit_vcpu_arm_ack_vppi`.
    pub fn ack_vppi(&self, irq: Word) -> Result<()> {
        self.vcpu().vcpu_ack_vppi(irq)
    }

    /// Corresponds to `microkit_vcpu_arm_read_reg`.
    pub fn read_reg(&self, register: VCpuReg) -> Result<Word> {
        self.vcpu().vcpu_read_regs(register)
    }

    /// Corresponds to `microkit_vcpu_arm_write_reg`.
    pub fn write_reg(&self, register: VCpuReg, value: Word) -> Result<()> {
        self.vcpu().vcpu_write_regs(register, value)
    }
}
