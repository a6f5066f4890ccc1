// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel asks of a core, one trait for each piece of hardware. The compiler holds both machines to it, the
//! real one (`arm::el2`) and the tests' (`fake`); calls are to the one `Core` of the build, so they cost what a call of
//! a function costs.

use super::{Aarch32Levels, Ticks};
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{Context, Tcb};
use crate::object::vcpu::Vcpu;
use lazaret_abi::{DEBUG_STATUS_WORDS, DebugRegister, VcpuState};
use sel4_abi::vcpu_reg::VcpuReg;

/// The counter, and the kernel's own timer.
pub trait Clock {
    /// The counter.
    fn now(&self) -> Ticks;
    /// Ticks per second.
    fn frequency(&self) -> u64;
    /// One interrupt at or after this time, instead of the one that was asked for before.
    fn set_deadline(&self, deadline: Ticks);
    /// Is this interrupt the deadline's?
    fn is_timer_irq(&self, irq: u16) -> bool;
}

/// The interrupt controller, as far as it is not the guests'.
pub trait InterruptController {
    /// The most urgent interrupt that is pending, active from here on; each is ended once.
    fn acknowledge_irq(&self) -> Option<u16>;
    /// An interrupt waits to be acknowledged: long deletions stop for it.
    fn irq_pending(&self) -> bool;
    /// The interrupt is no longer active.
    fn end_irq(&self, irq: u16);
    /// Keeps an interrupt from arriving.
    fn mask_irq(&self, irq: u16);
    /// Lets an interrupt arrive.
    fn unmask_irq(&self, irq: u16);
    /// Its trigger.
    fn configure_irq(&self, irq: u16, edge: bool);
}

/// Caches, by ranges of physical addresses.
pub trait Caches {
    /// Writes dirty lines back.
    fn clean(&self, paddr: u64, bytes: u64);
    /// Drops lines, but what the kernel cleared stays cleared: dirty ones are written back first.
    fn invalidate(&self, paddr: u64, bytes: u64);
    /// Writes back and drops.
    fn clean_invalidate(&self, paddr: u64, bytes: u64);
    /// Makes written instructions fetchable.
    fn unify(&self, paddr: u64, bytes: u64);
}

/// Memory, and how it is translated for EL0 and for guests.
pub trait Memory {
    /// Is this address in RAM that the kernel has mapped?
    fn is_ram(&self, paddr: u64) -> bool;
    /// Clears memory that becomes an object or a frame.
    fn zero(&self, paddr: u64, bytes: u64);
    /// One past the highest address that can be mapped.
    fn user_top(&self) -> u64;
    /// One past the highest physical address of this core.
    fn physical_top(&self) -> u64;
    /// Page-table writes are complete for the table walker.
    fn publish_tables(&self);
    /// Forgets all translations of a VMID.
    fn invalidate_vmid(&self, vmid: u8);
    /// Forgets the translation of one page or block of a VMID, by an address in it; page-table writes are complete.
    fn invalidate_address(&self, vmid: u8, address: u64);
}

/// What is loaded on the core for the thread that runs.
pub trait ThreadSwitch {
    /// Loads what differs between the thread that ran last and the one to resume; `None`: nobody, the core will sleep.
    fn switch_to(&self, kernel: &Kernel, thread: Option<Ref<Tcb>>);
    /// The loaded thread's VSpace or vCPU has changed under it.
    fn reload(&self, kernel: &Kernel);
    /// Sets a thread's thread pointer, in the hardware too if the thread is loaded.
    fn set_thread_pointer(&self, thread: Ref<Tcb>, value: u64);
}

/// The resident pass: [`ThreadSwitch::switch_to`] between one guest and one handler, prepared.
pub trait ResidentPass {
    /// A guest for which no debug register has to move.
    type Ready: Copy;
    /// Prepares passes between these two, of which the guest is loaded. False: they cannot pass the core to each other.
    fn begin_passing(&self, kernel: &Kernel, guest: Ref<Tcb>, handler: Ref<Tcb>) -> bool;
    /// From the guest, whose registers these are, to its handler.
    fn pass_to_handler(&self, guest: &Context, handler: &Context);
    /// Whether the guest can go on with the debug registers as they are.
    fn can_pass_to_guest(&self) -> Option<Self::Ready>;
    /// From the handler to the guest; `ready` is what [`Self::can_pass_to_guest`] says.
    fn pass_to_guest(&self, handler: &Context, guest: &Context, ready: Option<Self::Ready>);
    /// Something else happens while `running` is loaded: the core's record of what is loaded is right again.
    fn end_passing(&self, running: Ref<Tcb>, is_handler: bool);
}

/// Where a trap's address is.
pub trait FaultAddress {
    /// The trapped thread is a vCPU's.
    fn in_guest(&self) -> bool;
    /// The intermediate physical address of an abort that the hardware says one of (`arm::abort`).
    fn fault_ipa(&self) -> u64;
    /// The address of an abort, whatever it takes to find it: the IPA of a guest's, a native program's own.
    fn fault_address(&self, esr: u64) -> u64;
}

/// What of a vCPU may be in the hardware while its guest does not run.
pub trait VcpuSwitch {
    /// A field of a vCPU that does not run, wherever it is.
    fn read_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg) -> u64;
    /// Writes a field of a vCPU that does not run, wherever it is.
    fn write_vcpu(&self, vcpu: Ref<Vcpu>, field: VcpuReg, value: u64);
    /// Brings what only a 32-bit EL1 has to memory, of a vCPU that does not run: all but floating point's control, or
    /// that.
    fn save_aarch32(&self, vcpu: Ref<Vcpu>, field: VcpuState);
    /// The way back.
    fn load_aarch32(&self, vcpu: Ref<Vcpu>);
    /// The vCPU has lost its thread: all of its state goes to memory.
    fn park_vcpu(&self, vcpu: Ref<Vcpu>);
    /// The VCPU object goes away, or is made anew: nothing of it stays on the core.
    fn release_vcpu(&self, vcpu: Ref<Vcpu>);
    /// Gives floating point to the guest that runs; true if not having it was why it trapped.
    fn give_fp(&self) -> bool;
}

/// The virtual interrupt controller, and the virtual timer's interrupt.
pub trait VirtualGic {
    /// List registers of this core.
    fn list_registers(&self) -> u8;
    /// A list register of a vCPU that does not run; `index` is below [`Self::list_registers`].
    fn list_register(&self, vcpu: Ref<Vcpu>, index: u8) -> u32;
    /// As [`Self::list_register`].
    fn set_list_register(&self, vcpu: Ref<Vcpu>, index: u8, value: u32);
    /// GICH_HCR, GICH_VMCR and GICH_APR of a vCPU that does not run.
    fn gic_interface(&self, vcpu: Ref<Vcpu>) -> [u32; 3];
    /// As [`Self::gic_interface`].
    fn set_gic_interface(&self, vcpu: Ref<Vcpu>, words: [u32; 3]);
    /// The virtual timer's interrupt came. Masks it for the running guest; false: none runs, so it is ignored.
    fn mask_vppi(&self) -> bool;
    /// The VMM has dealt with the virtual timer's interrupt.
    fn acknowledge_vppi(&self, vcpu: Ref<Vcpu>);
    /// CNTV_CTL_EL0 of a vCPU, wherever it is.
    fn timer_control(&self, vcpu: Ref<Vcpu>) -> u64;
    /// The virtual timer's physical interrupt is active, as the guest's until it ends it, or is no more. Nothing, if the
    /// vCPU's state is not on the core: then the interrupt is another's.
    fn set_timer_active(&self, vcpu: Ref<Vcpu>, active: bool);
    /// While no guest runs: the interface goes off, and the maintenance interrupt with it. Both come again with the guest.
    fn pause_vgic(&self);
    /// The maintenance interrupt came: the list register to report, all ones for none in particular.
    fn maintenance(&self) -> Option<u64>;
}

/// Asynchronous aborts.
pub trait SystemError {
    /// The vCPU's guest takes an SError, as soon as it runs and lets one in.
    fn pend_serror(&self, vcpu: Ref<Vcpu>);
}

/// The debug shim's invocations: the kernel passes values on and knows none of them.
pub trait DebugBank {
    /// A register of a vCPU's debug state, wherever it is.
    fn debug_read(&self, vcpu: Ref<Vcpu>, register: DebugRegister) -> Result<u64, debug_shim::Error>;
    /// As [`Self::debug_read`]; `dirty`: the bank goes on the hardware at the next resume.
    fn debug_write(
        &self,
        vcpu: Ref<Vcpu>,
        register: DebugRegister,
        value: u64,
        dirty: bool,
    ) -> Result<(), debug_shim::Error>;
    /// The bank goes on the hardware at the next resume.
    fn debug_flag_dirty(&self, vcpu: Ref<Vcpu>) -> Result<(), debug_shim::Error>;
    /// An outside debugger takes the bank of a vCPU that does not run, or lets go of it.
    fn debug_attach(&self, vcpu: Ref<Vcpu>, attach: bool) -> Result<(), debug_shim::Error>;
    /// The shim's counters.
    fn debug_status(&self, vcpu: Ref<Vcpu>) -> [u64; DEBUG_STATUS_WORDS];
}

/// What the core is.
pub trait Identity {
    /// Where the core has AArch32.
    fn aarch32_levels(&self) -> Aarch32Levels;
    /// MIDR_EL1.
    fn midr(&self) -> u64;
    /// The ID register of op0 3, op1 0, CRn 0; zero for a CRm that is not 1 to 7.
    fn features(&self, crm: u8, op2: u8) -> u64;
}

/// The console of the kernel's messages and of debug configurations' programs.
pub trait KernelConsole {
    /// Prints, in configurations that do.
    fn put_char(&self, byte: u8);
}

/// Sleep, and the end.
pub trait Power {
    /// Sleeps until an interrupt is pending; it is not taken.
    fn wait_for_interrupt(&self);
    /// Stops the machine; returns on a host only.
    fn halt(&self);
}

/// A core, with all of the above.
pub trait Machine:
    Clock
    + InterruptController
    + Caches
    + Memory
    + ThreadSwitch
    + ResidentPass<Ready = super::Ready>
    + FaultAddress
    + VcpuSwitch
    + VirtualGic
    + SystemError
    + DebugBank
    + Identity
    + KernelConsole
    + Power
{
    /// Console, interrupts, timer, stage 2 and debug registers, before the first thread.
    fn init(&self);
}

/// The build's core does all of it.
const _: fn() = || {
    fn is_machine<T: Machine>() {}
    is_machine::<super::Core>();
};
