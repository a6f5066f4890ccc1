// SPDX-License-Identifier: MIT OR Apache-2.0
//! The vCPU behind its capabilities.

use arm_syndrome::SysReg;
use microkit_abi::slot;
use sel4::{Cap, cap};
use sel4_abi::invocation::Invocation;
use sel4_abi::user_context::NUM_REGISTERS;
use sel4_microkit::debug_println;
use sel4_vcpu_debug::raw::invoke;
use sel4_vcpu_debug::{AARCH32, AARCH64, DebugStatus, Unanswered, VcpuWait, read_register, write_register};
use vmm::device::vgic::Inject;
use vmm::vcpu::{Counts, DebugBackend, DebugRegister, DebugUse, Vcpu, VcpuReg, VcpuState, Width};

/// The thread and the VCPU object of the virtual machine's vCPU 0.
const TCB: cap::Tcb = Cap::from_bits(slot::VM_TCB_BASE as sel4::CPtrBits);
const VCPU: cap::VCpu = Cap::from_bits(slot::VCPU_BASE as sel4::CPtrBits);

/// The manifest's vCPU 0, how many debug registers it has, and how wide it is.
pub struct Machine {
    counts: Option<Counts>,
    /// The kernel may know how to wake a guest at its timer.
    waits: bool,
    width: Width,
}

impl Machine {
    /// Ask the kernel for its debug extension.
    pub fn new() -> Self {
        let counts = sel4_vcpu_debug::probe(VCPU).map(Counts::from_word);
        // Another VMM may have made it so.
        let narrow = sel4_vcpu_debug::read_state(VCPU, VcpuState::Width) == Ok(AARCH32);
        let width = if narrow { Width::Aarch32 } else { Width::Aarch64 };
        Self { counts, waits: counts.is_some(), width }
    }

    /// What the vCPU waits for, with the message if that is an answer; nothing from a kernel that cannot tell.
    pub fn unanswered(&self) -> Option<(VcpuWait, Option<Unanswered>)> {
        sel4_vcpu_debug::unanswered_fault(VCPU).ok()
    }

    /// Whether the kernel keeps the vCPU's debug registers.
    pub const fn has_debug_registers(&self) -> bool {
        self.counts.is_some()
    }
}

/// Words of TCB_WriteRegisters before the registers.
const HEADER: usize = 2;
/// Most exits write no more: PC, SP, SPSR and x0 to x4.
const FEW: usize = 8;

impl Machine {
    /// The answer of a kernel without the extension, without asking it.
    fn extension(&self) -> sel4::Result<()> {
        self.counts.map(|_| ()).ok_or(sel4::Error::IllegalOperation)
    }

    #[inline]
    fn write_up_to<const N: usize>(&mut self, words: &[u64]) {
        let mut message = [0; N];
        message[1] = words.len() as u64;
        message[HEADER..].iter_mut().zip(words).for_each(|(word, register)| *word = *register);
        let length = (HEADER + words.len()).min(N);
        let result = invoke(TCB, Invocation::TcbWriteRegisters.label(), &message[..length], &[]);
        report("WriteRegisters", result.map(drop));
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
        VCPU.vcpu_inject_irq(intid, priority, group, index).is_ok()
    }

    fn ack_vppi(&mut self, intid: u16) {
        report("AckVPPI", VCPU.vcpu_ack_vppi(intid.into()));
    }
}

impl Vcpu for Machine {
    fn read_registers(&mut self, words: &mut [u64]) {
        let request = [0, words.len() as u64];
        let result = invoke(TCB, Invocation::TcbReadRegisters.label(), &request, &[]);
        report("ReadRegisters", result.map(|reply| reply.read(words)));
    }

    fn write_registers(&mut self, words: &[u64]) {
        if words.len() <= FEW {
            self.write_up_to::<{ HEADER + FEW }>(words);
        } else {
            self.write_up_to::<{ HEADER + NUM_REGISTERS }>(words);
        }
    }

    fn restart(&mut self) {
        report("Resume", TCB.tcb_resume());
    }

    fn stop(&mut self) {
        report("Suspend", TCB.tcb_suspend());
    }

    fn wait(&mut self) -> bool {
        // A kernel that refuses once is not asked again: seL4's debug build prints a line for each refusal.
        self.waits = self.waits && sel4_vcpu_debug::wait(VCPU).is_ok();
        self.waits
    }

    fn wake(&mut self) {
        if sel4_vcpu_debug::wake(VCPU).is_err() {
            // A kernel without the wait: the vCPU is still stopped.
            self.restart();
        }
    }

    fn read_system_register(&mut self, register: VcpuReg) -> u64 {
        report("VCPU_ReadRegs", read_register(VCPU, register))
    }

    fn write_system_register(&mut self, register: VcpuReg, value: u64) {
        report("VCPU_WriteRegs", write_register(VCPU, register, value));
    }

    fn ticks(&self) -> u64 {
        super::counter::now()
    }

    fn width(&self) -> Width {
        self.width
    }

    fn set_width(&mut self, width: Width) -> bool {
        // A kernel that cannot be asked has 64-bit vCPUs.
        if width == self.width {
            return true;
        }
        let word = match width {
            Width::Aarch64 => AARCH64,
            Width::Aarch32 => AARCH32,
        };
        let done = sel4_vcpu_debug::write_state(VCPU, VcpuState::Width, word).is_ok();
        if done {
            self.width = width;
        }
        done
    }

    fn read_state(&mut self, state: VcpuState) -> u64 {
        report("VCPU_ReadState", sel4_vcpu_debug::read_state(VCPU, state))
    }

    fn write_state(&mut self, state: VcpuState, value: u64) {
        report("VCPU_WriteState", sel4_vcpu_debug::write_state(VCPU, state, value));
    }

    fn debug_use(&self) -> Option<DebugUse> {
        let status = sel4_vcpu_debug::status(VCPU).ok()?;
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
        self.extension()?;
        sel4_vcpu_debug::read(VCPU, register)
    }

    fn features(&mut self, register: SysReg) -> sel4::Result<u64> {
        sel4_vcpu_debug::read_features(VCPU, register.crm(), register.op2())
    }

    fn write(&mut self, register: DebugRegister, value: u64, dirty: bool) -> sel4::Result<()> {
        self.extension()?;
        sel4_vcpu_debug::write(VCPU, register, value, dirty)
    }
}
