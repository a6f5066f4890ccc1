// SPDX-License-Identifier: MIT OR Apache-2.0
//! Faults: what a thread did that the kernel tells its handler about.

mod message;

pub(crate) use message::{FaultContext, event_message, put_abort, put_trap};

use crate::arch::{Core, FaultAddress};
use crate::cap::Slot;
use crate::cspace::LookupFailure;
use crate::kernel::Kernel;
use crate::object::endpoint::Sending;
use crate::object::reference::Ref;
use crate::object::tcb::{Tcb, ThreadState};
use arm_syndrome::{Class, Esr};
use sel4_abi::fault::FaultLabel;

/// A fault. `None` is the state of a thread that has not faulted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Fault {
    /// No fault.
    #[default]
    None = 0,
    /// A capability pointer led nowhere.
    CapFault {
        /// While receiving.
        in_receive: bool,
        /// The pointer.
        addr: u64,
        /// Why.
        failure: LookupFailure,
    },
    /// A system call with this number.
    UnknownSyscall(u64),
    /// An exception that is the program's own doing.
    UserException {
        /// ESR_EL2.
        number: u64,
        /// 0.
        code: u64,
    },
    /// The budget is used up; the word of the scheduling context.
    Timeout {
        /// Badge of the scheduling context.
        badge: u64,
    },
    /// A stage-2 abort.
    VmFault {
        /// Instruction fetch.
        prefetch: bool,
        /// Faulting address: IPA.
        addr: u64,
        /// ESR_EL2.
        esr: u64,
    },
    /// The virtual GIC wants attention: list register number, or all ones.
    VgicMaintenance(u64),
    /// A trapped instruction of a guest: ESR_EL2.
    VcpuFault {
        /// ESR_EL2.
        hsr: u64,
    },
    /// An interrupt that belongs to the running vCPU (27).
    VppiEvent(u64),
}

const _: () = assert!(size_of::<Fault>() <= 32, "a fault is copied in registers");

impl Fault {
    /// What the current thread did, by the syndrome of its exception. The address of a guest's abort is an IPA, a native
    /// program's a virtual address (the same).
    pub fn of_exception(core: &Core, esr: u64) -> Self {
        const INSTRUCTION_ABORT: Class = Class::INSTRUCTION_ABORT_LOWER;
        let class = Esr::new(esr).class();
        if class == INSTRUCTION_ABORT || class == Class::DATA_ABORT_LOWER {
            Self::VmFault { addr: core.fault_address(esr), prefetch: class == INSTRUCTION_ABORT, esr }
        } else if core.in_guest() {
            Self::VcpuFault { hsr: esr }
        } else {
            Self::UserException { number: Self::of_native(esr), code: 0 }
        }
    }

    /// Floating point traps as an unknown instruction if CPACR_EL1 forbids it, which is a guest's, and by CPTR_EL2
    /// otherwise: a native program does not learn which.
    fn of_native(esr: u64) -> u64 {
        let is_fp = Esr::new(esr).class() == Class::FP_SIMD;
        if is_fp { Esr::from_fields(Class::UNKNOWN, true, 0).value() } else { esr }
    }

    /// The thread has not faulted.
    #[inline(always)]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The budget ended.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Label of the fault's message.
    #[inline]
    pub fn label(&self) -> u64 {
        let label = match self {
            Self::None => FaultLabel::NullFault,
            Self::CapFault { .. } => FaultLabel::CapFault,
            Self::UnknownSyscall(_) => FaultLabel::UnknownSyscall,
            Self::UserException { .. } => FaultLabel::UserException,
            Self::Timeout { .. } => FaultLabel::Timeout,
            Self::VmFault { .. } => FaultLabel::VmFault,
            Self::VgicMaintenance(_) => FaultLabel::VgicMaintenance,
            Self::VcpuFault { .. } => FaultLabel::VcpuFault,
            Self::VppiEvent(_) => FaultLabel::VppiEvent,
        };
        label as u64
    }
}

impl Kernel {
    /// Sends a thread's fault to its handler; without one the thread stops.
    #[inline]
    pub(crate) fn fault(&self, thread: Ref<Tcb>, fault: Fault) {
        let donate = thread.sched_context.get().is_some();
        if !self.send_fault(thread, fault, &thread.fault_endpoint, donate) {
            crate::debug::report_unhandled(self, thread, fault);
            self.set_state(thread, ThreadState::Inactive);
        }
    }

    /// Sends a timeout fault; the thread has a handler for it.
    pub(crate) fn send_timeout(&self, thread: Ref<Tcb>, fault: Fault) {
        self.send_fault(thread, fault, &thread.timeout_endpoint, false);
    }

    #[inline]
    fn send_fault(&self, thread: Ref<Tcb>, fault: Fault, handler: &Slot, donate: bool) -> bool {
        let Some((object, badge, rights)) = handler.endpoint() else { return false };
        thread.count_fault(fault);
        let (grant, grant_reply) = (rights.grant(), rights.grant_reply());
        self.send(object, Sending { blocking: true, call: false, badge, grant, grant_reply, donate }, thread);
        true
    }
}
