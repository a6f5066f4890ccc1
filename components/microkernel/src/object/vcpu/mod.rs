// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual CPUs.

mod alarm;
mod binding;
mod doorbell;
mod group;
mod injection;
mod invoke;
mod prepared_timer;
mod state;
mod stop;
mod wait;

pub use binding::end as unbind_notification;
pub use injection::{Injected, at_slow_exit};
pub use invoke::invoke;
pub use prepared_timer::LIST_REGISTER as TIMER_REGISTER;

use crate::arch::arm::policy;
use crate::arch::{self, Ticks, modes, sanitise_spsr};
use crate::arch::{Identity, ThreadSwitch, VcpuSwitch, VirtualGic};
use crate::board;
use crate::error::SyscallError;
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use crate::object::vgic;
use binding::Binding;
use core::cell::Cell;
use debug_shim::VcpuDebug;
use doorbell::Doorbells;
use lazaret_abi::NO_ALARM;
use sel4_abi::vcpu_reg::VcpuReg;

/// The virtual timer's interrupt, the only one of a vCPU's own.
const VIRTUAL_TIMER: u64 = board::TIMER_VIRTUAL_PPI;
/// List registers that a GICv2 can have.
pub const MAX_LIST_REGISTERS: usize = 64;

/// A virtual CPU: what a guest's EL1 has that EL0 has not.
///
/// While the vCPU is on the core (`arch::Core`), the hardware's copy is the true one.
#[repr(C, align(4096))]
pub struct Vcpu {
    /// Its thread.
    pub tcb: Cell<Option<Ref<Tcb>>>,
    /// The fields of VCPU_ReadReg.
    pub regs: [Cell<u64>; VcpuReg::ALL.len()],
    /// HCR_EL2 while its guest runs; the width of EL1 with it.
    pub hcr: Cell<u64>,
    /// Modes that its guest may be in (`arch::modes`), which follow from the width.
    pub modes: Cell<u32>,
    /// Cache selection: not readable by user level, but a guest's own.
    pub csselr: Cell<u64>,
    /// State that only 32-bit guests have.
    pub aarch32: Aarch32,
    /// The virtual timer's interrupt waits for VCPU_AckVPPI.
    pub vppi_masked: Cell<bool>,
    /// What it waits for, and its place among those for whom a moment matters.
    pub timer_wait: TimerWait,
    /// The virtual GIC.
    pub vgic: Vgic,
    /// Debug registers, with the shim's bookkeeping.
    pub debug: VcpuDebug,
    /// Floating point and SIMD.
    pub fp: FpState,
    /// Bit n: list register n is the kernel's (`injection`).
    pub kernels: Cell<u64>,
    /// What the virtual timer's interrupt puts in its list register; 0: it is the VMM's to inject.
    pub prepared_timer: Cell<u32>,
    /// The notification whose signals interrupt it.
    pub binding: Binding,
    /// Stores of its guest that signal.
    pub doorbells: Doorbells,
}

/// A link of the list of vCPUs that wait for their timer or have an alarm, which is in order of `due`.
#[repr(C)]
pub struct TimerWait {
    /// It is in the list.
    pub listed: Cell<bool>,
    /// Its timer ends its wait.
    pub waits: Cell<bool>,
    /// An interrupt ends its wait, whether its timer can or not.
    pub sleeps: Cell<bool>,
    /// Its alarm was due, and its VMM was not told yet.
    pub alarm_due: Cell<bool>,
    /// When its timer interrupts, if it waits for that, by the physical counter.
    pub timer: Cell<Ticks>,
    /// When its VMM is to be told, likewise; all ones: never.
    pub alarm: Cell<Ticks>,
    /// The first of the two.
    pub due: Cell<Ticks>,
    /// Neighbours.
    pub next: Cell<Option<Ref<Vcpu>>>,
    /// As `next`.
    pub previous: Cell<Option<Ref<Vcpu>>>,
}

/// What of EL1 only AArch32 has. Kept in the hardware as long as the others, if EL1 is AArch32; else not at all.
#[derive(Default)]
#[repr(C)]
pub struct Aarch32 {
    /// DACR32_EL2.
    pub dacr: Cell<u64>,
    /// IFSR32_EL2.
    pub ifsr: Cell<u64>,
    /// SPSR_abt.
    pub spsr_abt: Cell<u64>,
    /// SPSR_und.
    pub spsr_und: Cell<u64>,
    /// SPSR_irq.
    pub spsr_irq: Cell<u64>,
    /// SPSR_fiq.
    pub spsr_fiq: Cell<u64>,
}

/// The hypervisor interface of the GIC.
#[repr(C)]
pub struct Vgic {
    /// List registers.
    pub lr: [Cell<u32>; MAX_LIST_REGISTERS],
    /// Control.
    pub hcr: Cell<u32>,
    /// The guest's CPU interface.
    pub vmcr: Cell<u32>,
    /// Active priorities.
    pub apr: Cell<u32>,
}

impl Vgic {
    /// GICH_HCR, GICH_VMCR, GICH_APR, as they are in memory.
    pub fn interface(&self) -> [u32; 3] {
        [self.hcr.get(), self.vmcr.get(), self.apr.get()]
    }

    /// As [`Self::interface`].
    pub fn set_interface(&self, [hcr, vmcr, apr]: [u32; 3]) {
        self.hcr.set(hcr);
        self.vmcr.set(vmcr);
        self.apr.set(apr);
    }
}

/// V0..V31 and their control.
#[repr(C, align(16))]
pub struct FpState {
    /// V0..V31, two words each.
    pub v: [Cell<u64>; 64],
    /// FPCR.
    pub fpcr: Cell<u64>,
    /// FPSR.
    pub fpsr: Cell<u64>,
    /// FPEXC32_EL2, which traps like the others.
    pub fpexc32: Cell<u64>,
}

const _: () = assert!(size_of::<Vcpu>() == 1 << sel4_abi::object::ObjectType::Vcpu.object_bits(0));

/// SCTLR_EL1 of a fresh vCPU, as seL4 gives it: MMU and caches off.
const FRESH_SCTLR: u64 = 0x34d5_8820;
/// VMPIDR_EL2 of a fresh vCPU: bit 31 reads as one, affinity 0.
const FRESH_VMPIDR: u64 = 1 << 31;
/// SPSR bits that a thread without vCPU keeps: the condition flags.
const FLAGS: u64 = 0xf000_0000;

impl Vcpu {
    /// EL1 is 32-bit.
    #[inline(always)]
    pub fn is_aarch32(&self) -> bool {
        self.hcr.get() & policy::hcr::RW == 0
    }
}

/// Makes zeroed memory a vCPU as it comes out of reset, with a 64-bit EL1.
pub fn initialise(vcpu: Ref<Vcpu>) {
    vcpu.hcr.set(policy::HCR_GUEST);
    vcpu.modes.set(modes::AARCH64);
    vcpu.regs[VcpuReg::Sctlr as usize].set(FRESH_SCTLR);
    vcpu.regs[VcpuReg::VmpidrEl2 as usize].set(FRESH_VMPIDR);
    vcpu.vgic.hcr.set(vgic::HCR_ENABLE);
    vcpu.timer_wait.alarm.set(NO_ALARM);
}

/// Gives the vCPU to a thread; both leave whom they had.
fn associate(kernel: &Kernel, vcpu: Ref<Vcpu>, thread: Ref<Tcb>) {
    if let Some(old) = vcpu.tcb.get() {
        dissociate_thread(kernel, old);
    }
    dissociate_thread(kernel, thread);
    vcpu.tcb.set(Some(thread));
    thread.vcpu.set(Some(vcpu));
    confine(kernel, vcpu);
    kernel.cpu.arch.reload(kernel);
}

/// Says which modes the vCPU has on this core, and has its thread in one of them.
fn confine(kernel: &Kernel, vcpu: Ref<Vcpu>) {
    vcpu.modes.set(if vcpu.is_aarch32() {
        modes::AARCH32
    } else {
        modes::of_aarch64(kernel.cpu.arch.aarch32_levels())
    });
    if let Some(thread) = vcpu.tcb.get() {
        let spsr = &thread.context.spsr;
        spsr.set(sanitise_spsr(spsr.get(), Some(vcpu)));
    }
}

/// The thread has no vCPU from here on, and so can only be at EL0.
pub fn dissociate_thread(kernel: &Kernel, thread: Ref<Tcb>) {
    kernel.end_wait(thread);
    let Some(vcpu) = thread.vcpu.take() else { return };
    vcpu.tcb.set(None);
    kernel.forget_alarm(vcpu);
    kernel.take_timer_back(vcpu);
    kernel.cpu.arch.park_vcpu(vcpu);
    let spsr = &thread.context.spsr;
    spsr.set(spsr.get() & FLAGS | arch::USER_SPSR);
    kernel.cpu.arch.reload(kernel);
}

/// An interrupt of the kernel's that concerns the guest on this core: the virtual timer's or the virtual GIC's.
///
/// Dropped if the guest is not the current thread any more: both come again when it runs.
pub fn handle_irq(kernel: &Kernel, irq: u16) {
    let Some(thread) = kernel.current().filter(|&thread| !thread.queued.get() && kernel.is_schedulable(thread)) else {
        // Level-triggered: it must not come again before its guest does.
        return kernel.cpu.arch.pause_vgic();
    };
    if u64::from(irq) == VIRTUAL_TIMER {
        let is_forwarded = thread.vcpu.get().is_some_and(|vcpu| kernel.forwards_timer(vcpu));
        if !is_forwarded && kernel.cpu.arch.mask_vppi() {
            kernel.fault(thread, Fault::VppiEvent(board::TIMER_VIRTUAL_PPI));
        }
    } else if let Some(index) = kernel.cpu.arch.maintenance() {
        kernel.fault(thread, Fault::VgicMaintenance(index));
    }
}

/// Refuses a vCPU that runs.
fn halted(vcpu: Ref<Vcpu>) -> Result<(), SyscallError> {
    let runs = vcpu.tcb.get().is_some_and(|thread| thread.is_runnable());
    if runs { Err(SyscallError::IllegalOperation) } else { Ok(()) }
}

/// The object goes away: nothing of it stays on the core.
pub fn finalise(kernel: &Kernel, vcpu: Ref<Vcpu>) {
    if let Some(thread) = vcpu.tcb.get() {
        dissociate_thread(kernel, thread);
    }
    kernel.forget_alarm(vcpu);
    binding::end(vcpu);
    doorbell::delete_all(kernel, vcpu);
    kernel.cpu.arch.release_vcpu(vcpu);
}
