// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fault messages: labels and the order of their words.

/// Label of a fault message. Corresponds to `seL4_Fault_tag` without the hardware debug API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum FaultLabel {
    NullFault = 0,
    CapFault = 1,
    UnknownSyscall = 2,
    UserException = 3,
    Timeout = 5,
    VmFault = 6,
    VgicMaintenance = 7,
    VcpuFault = 8,
    VppiEvent = 9,
}

impl FaultLabel {
    /// The fault of a label.
    pub const fn from_label(label: u64) -> Option<Self> {
        Some(match label {
            0 => Self::NullFault,
            1 => Self::CapFault,
            2 => Self::UnknownSyscall,
            3 => Self::UserException,
            5 => Self::Timeout,
            6 => Self::VmFault,
            7 => Self::VgicMaintenance,
            8 => Self::VcpuFault,
            9 => Self::VppiEvent,
            _ => return None,
        })
    }
}

/// CapFault: FaultIP, address, in-receive-phase, lookup failure, then its words.
pub mod cap_fault {
    #![allow(missing_docs)]
    pub const IP: usize = 0;
    pub const ADDR: usize = 1;
    pub const IN_RECV_PHASE: usize = 2;
    pub const LOOKUP_FAILURE_TYPE: usize = 3;
    pub const BITS_LEFT: usize = 4;
    pub const DEPTH_BITS_FOUND: usize = 5;
    pub const GUARD_FOUND: usize = 5;
    pub const GUARD_BITS_FOUND: usize = 6;
}

/// UnknownSyscall: x0..x7, FaultIP, SP, LR, SPSR, number. A reply's words 0..12 are written back.
pub mod unknown_syscall {
    #![allow(missing_docs)]
    pub const X0: usize = 0;
    pub const FAULT_IP: usize = 8;
    pub const SP: usize = 9;
    pub const LR: usize = 10;
    pub const SPSR: usize = 11;
    pub const SYSCALL: usize = 12;
    pub const LENGTH: usize = 13;
    pub const REPLY_LENGTH: usize = 12;
}

/// UserException: FaultIP, SP, SPSR, number (ESR), code. A reply's words 0..3 are written back.
pub mod user_exception {
    #![allow(missing_docs)]
    pub const FAULT_IP: usize = 0;
    pub const SP: usize = 1;
    pub const SPSR: usize = 2;
    pub const NUMBER: usize = 3;
    pub const CODE: usize = 4;
    pub const LENGTH: usize = 5;
    pub const REPLY_LENGTH: usize = 3;
}

/// Timeout: badge of the scheduling context, consumed microseconds.
pub mod timeout {
    #![allow(missing_docs)]
    pub const DATA: usize = 0;
    pub const CONSUMED: usize = 1;
    pub const LENGTH: usize = 2;
    pub const REPLY_LENGTH: usize = 34;
}

/// VMFault: FaultIP, address (IPA for a vCPU), 1 for a prefetch, ESR_EL2.
pub mod vm_fault {
    #![allow(missing_docs)]
    pub const IP: usize = 0;
    pub const ADDR: usize = 1;
    pub const PREFETCH_FAULT: usize = 2;
    pub const FSR: usize = 3;
    pub const LENGTH: usize = 4;
}

/// VCPUFault: ESR_EL2.
pub mod vcpu_fault {
    #![allow(missing_docs)]
    pub const HSR: usize = 0;
    pub const LENGTH: usize = 1;
}

/// VGICMaintenance: list register, or all ones.
pub mod vgic_maintenance {
    #![allow(missing_docs)]
    pub const IDX: usize = 0;
    pub const LENGTH: usize = 1;
    pub const NO_IDX: u64 = u64::MAX;
}

/// VPPIEvent: the interrupt (27, the virtual timer).
pub mod vppi_event {
    #![allow(missing_docs)]
    pub const IRQ: usize = 0;
    pub const LENGTH: usize = 1;
}
