// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vCPU behind its capabilities.

use sel4::{UserContext, VCpuReg};
use sel4_microkit::{Vcpu as Handle, debug_println};
use sel4_vcpu_debug::DebugStatus;
use vmm::device::vgic::Inject;
use vmm::vcpu::{Counts, DebugBackend, DebugRegister, DebugUse, Vcpu, VcpuReg};

/// The manifest's vCPU 0, and how many debug registers it has.
pub struct Machine {
    vcpu: Handle,
    counts: Option<Counts>,
}

impl Machine {
    /// Ask the kernel for its debug extension.
    pub fn new() -> Self {
        let vcpu = Handle::new(0);
        let counts = sel4_vcpu_debug::probe(vcpu.vcpu()).map(Counts::from_word);
        Self { vcpu, counts }
    }

    /// Whether the kernel keeps the vCPU's debug registers.
    pub const fn has_debug_registers(&self) -> bool {
        self.counts.is_some()
    }
}

/// The kernel refuses what the VMM has a capability for: a bug of one of them, never the guest's doing.
fn report<T: Default>(what: &str, result: sel4::Result<T>) -> T {
    result.unwrap_or_else(|error| {
        debug_println!("VMM|ERROR: {what}: {error:?}");
        T::default()
    })
}

impl Inject for Machine {
    fn inject(&mut self, index: u8, intid: u16, priority: u8, group: u8) -> bool {
        self.vcpu.vcpu().vcpu_inject_irq(intid, priority, group, index).is_ok()
    }

    fn ack_vppi(&mut self, intid: u16) {
        report("AckVPPI", self.vcpu.vcpu().vcpu_ack_vppi(intid.into()));
    }
}

impl Vcpu for Machine {
    fn read_registers(&mut self, words: &mut [u64]) {
        let count = words.len();
        let context = report("ReadRegisters", self.vcpu.tcb().tcb_read_registers(false, count as u64));
        words.copy_from_slice(&context.inner()[..count]);
    }

    fn write_registers(&mut self, words: &[u64]) {
        let mut context = UserContext::default();
        context.inner_mut()[..words.len()].copy_from_slice(words);
        report("WriteRegisters", self.vcpu.tcb().tcb_write_registers(false, words.len() as u64, &context));
    }

    fn restart(&mut self) {
        report("Resume", self.vcpu.tcb().tcb_resume());
    }

    fn read_system_register(&mut self, register: VcpuReg) -> u64 {
        report("VCPU_ReadRegs", self.vcpu.vcpu().vcpu_read_regs(field(register)))
    }

    fn write_system_register(&mut self, register: VcpuReg, value: u64) {
        report("VCPU_WriteRegs", self.vcpu.vcpu().vcpu_write_regs(field(register), value));
    }
    fn debug_use(&self) -> Option<DebugUse> {
        let status = sel4_vcpu_debug::status(self.vcpu.vcpu()).ok()?;
        Some(DebugUse {
            loads: status.word(DebugStatus::BankLoads),
            saves: status.word(DebugStatus::BankSaves),
            accesses: status.word(DebugStatus::BankAccesses),
            mdscr_writes: status.word(DebugStatus::MdscrWrites),
            exits: status.word(DebugStatus::Exits),
        })
    }
}

impl DebugBackend for Machine {
    type Error = sel4::Error;

    fn counts(&self) -> Counts {
        self.counts.unwrap_or(Counts { breakpoints: 0, watchpoints: 0, contexts: 0 })
    }

    fn read(&mut self, register: DebugRegister) -> sel4::Result<u64> {
        sel4_vcpu_debug::read(self.vcpu.vcpu(), register)
    }

    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> sel4::Result<()> {
        sel4_vcpu_debug::write(self.vcpu.vcpu(), register, value, dirty)
    }
}

fn field(register: VcpuReg) -> VCpuReg {
    VCpuReg::ALL[register as usize]
}
