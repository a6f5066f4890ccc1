// SPDX-License-Identifier: MIT OR Apache-2.0
//! Faults: what a thread did that the kernel tells its handler about.

use crate::cspace::LookupFailure;

/// A fault. `None` is the state of a thread that has not faulted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u64)]
pub enum Fault {
    /// No fault.
    #[default]
    None = 0,
    /// A capability pointer led nowhere.
    CapFault {
        /// The pointer.
        addr: u64,
        /// While receiving.
        in_receive: bool,
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
        /// Faulting address: IPA.
        addr: u64,
        /// Instruction fetch.
        prefetch: bool,
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
