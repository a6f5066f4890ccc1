// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's side of a vCPU: the system calls as a trait, so that a fake can stand in on the host. The debug bank and
//! the list registers have traits of their own.

use super::{PowerState, VcpuId};
use crate::device::gic::Inject;
use crate::exit::ReplyContext;
pub use arm_trap_table::{Counts, DebugBackend, DebugRegister};
pub use lazaret_abi::VcpuState;
pub use lazaret_abi::group::FP_WORDS;
pub use sel4_abi::vcpu_reg::VcpuReg;

/// A VM's vCPUs as the kernel has them, each a VCPU object and a thread. All that follows concerns the one that is
/// selected; most of it wants that to be stopped: it has faulted, or was not started yet.
pub trait KernelVcpu: Inject + DebugBackend {
    /// Which one is selected.
    fn id(&self) -> VcpuId;
    /// Selects one.
    fn select(&mut self, id: VcpuId);
    /// Read the first `words.len()` words of the user context (`sel4_abi::user_context::ORDER`).
    fn read_registers(&mut self, words: &mut [u64]);
    /// Write the first `words.len()` words of the user context.
    fn write_registers(&mut self, words: &[u64]);
    /// Whether a reply may say that the vCPU stays stopped, or waits until its virtual timer interrupts.
    fn stops_by_reply(&self) -> bool;
    /// It is stopped: let it go on as a reply would. Where to, it has been given before as well, for a kernel that cannot
    /// be told now.
    fn start(&mut self, context: ReplyContext);
    /// Let it run from where its registers say, whatever it was blocked on.
    fn restart(&mut self);
    /// Let it stop, and forget what it was blocked on. With [`Self::stops_by_reply`] a reply does that to one that has a
    /// fault.
    fn stop(&mut self);
    /// Let it sleep until its virtual timer interrupts or [`Self::wake`]; false if the kernel cannot do that.
    fn wait(&mut self) -> bool;
    /// Whether [`Self::set_alarm`] does anything.
    fn can_set_alarm(&self) -> bool;
    /// A VPPIEvent of the physical timer's interrupt comes when the physical counter is there; `None`: it comes no more.
    fn set_alarm(&mut self, count: Option<u64>);
    /// Whether it executes, or would if it were its turn.
    fn runs(&mut self) -> bool;
    /// End that wait, if it has not ended.
    fn wake(&mut self);
    /// If it was held ([`Inject::hold`]), it does what one of this power does: goes on, waits as before, or stays as it is.
    fn let_go(&mut self, power: PowerState);
    /// Corresponds to `VCPU_ReadReg`.
    fn read_system_register(&mut self, register: VcpuReg) -> u64;
    /// Corresponds to `VCPU_WriteReg`.
    fn write_system_register(&mut self, register: VcpuReg, value: u64);
    /// The virtual counter.
    fn ticks(&self) -> u64;
    /// Its ticks in a second.
    fn frequency(&self) -> u64;
    /// How wide EL1 is.
    fn width(&self) -> Width;
    /// Makes EL1 so wide; false if the core cannot.
    #[must_use]
    fn set_width(&mut self, width: Width) -> bool;
    /// A register that only a 32-bit EL1 has.
    fn read_state(&mut self, state: VcpuState) -> u64;
    /// Writes a register that only a 32-bit EL1 has.
    fn write_state(&mut self, state: VcpuState, value: u64);
    /// Reads V0 to V31, FPCR and FPSR ([`Group::Fp`](lazaret_abi::Group::Fp)); false if the kernel does not tell.
    #[must_use]
    fn read_vectors(&mut self, words: &mut [u64; FP_WORDS]) -> bool;
    /// Writes them; false if the kernel does not take them.
    #[must_use]
    fn write_vectors(&mut self, words: &[u64; FP_WORDS]) -> bool;
    /// An outside debugger takes the stopped vCPU, or lets go of it (`VCPU_DebugAttach`, `VCPU_DebugDetach`). Whether it is so
    /// then.
    fn attach_debugger(&mut self, attach: bool) -> bool;
    /// What the kernel counted of the debug registers' switching, if it counts.
    fn debug_use(&self) -> Option<DebugUse>;
}

/// The execution state of EL1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// AArch64.
    Aarch64,
    /// AArch32, and EL0 with it.
    Aarch32,
}

/// How often the kernel touched debug registers for this vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DebugUse {
    /// Banks put on the hardware.
    pub loads: u64,
    /// Banks taken off the hardware.
    pub saves: u64,
    /// Single accesses to bank registers in loads and saves.
    pub accesses: u64,
    /// Writes of MDSCR_EL1.
    pub mdscr_writes: u64,
    /// Exits of the vCPU.
    pub exits: u64,
}

impl DebugUse {
    /// Of this one and another.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            loads: self.loads.wrapping_add(other.loads),
            saves: self.saves.wrapping_add(other.saves),
            accesses: self.accesses.wrapping_add(other.accesses),
            mdscr_writes: self.mdscr_writes.wrapping_add(other.mdscr_writes),
            exits: self.exits.wrapping_add(other.exits),
        }
    }
}
