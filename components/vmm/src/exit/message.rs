// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why the guest stopped: a fault message as an enum.

use crate::trace::Cause;
use crate::vcpu::FaultContext;
use arm_syndrome::{Class, Esr};
use lazaret_abi::fault_context;
use sel4_abi::fault::{FaultLabel, vcpu_fault, vgic_maintenance, vm_fault, vppi_event};

const TRAP: u64 = FaultLabel::VcpuFault as u64;

/// An exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// ESR_EL2 of anything but a stage-2 abort.
    Vcpu {
        /// ESR_EL2.
        esr: u64,
    },
    /// A stage-2 abort.
    Memory {
        /// Intermediate physical address.
        ipa: u64,
        /// An instruction fetch.
        fetch: bool,
        /// ESR_EL2.
        esr: u64,
    },
    /// The guest ended the interrupt in a list register; all ones if the kernel does not know which.
    Maintenance {
        /// List register.
        index: u64,
    },
    /// The virtual timer fired.
    VirtualPpi {
        /// Its interrupt.
        intid: u64,
    },
    /// A kernel whose HVC enters the system-call path (a real seL4) makes this of it.
    UnknownSyscall,
    /// A fault that no guest of ours makes.
    Other {
        /// Label of the message.
        label: u64,
    },
}

impl Exit {
    /// Decode a message; words that it does not have count as zero.
    #[inline]
    pub fn from_message(label: u64, words: &[u64]) -> Self {
        let word = |index: usize| words.get(index).copied().unwrap_or(0);
        if fault_context::is_abort(label) {
            let esr = Esr::new(word(fault_context::ABORT_STATUS) & 0xffff_ffff);
            let fetch = esr.class() == Class::INSTRUCTION_ABORT_LOWER;
            return Self::Memory { ipa: word(fault_context::ABORT_ADDR), fetch, esr: esr.value() };
        }
        match FaultLabel::from_label(label) {
            Some(FaultLabel::VcpuFault) => Self::Vcpu { esr: word(vcpu_fault::HSR) },
            Some(FaultLabel::VmFault) => Self::Memory {
                ipa: word(vm_fault::ADDR),
                fetch: word(vm_fault::PREFETCH_FAULT) != 0,
                esr: word(vm_fault::FSR),
            },
            Some(FaultLabel::VgicMaintenance) => Self::Maintenance { index: word(vgic_maintenance::IDX) },
            Some(FaultLabel::VppiEvent) => Self::VirtualPpi { intid: word(vppi_event::IRQ) },
            Some(FaultLabel::UnknownSyscall) => Self::UnknownSyscall,
            _ => Self::Other { label },
        }
    }
}

impl Exit {
    /// For the trace: why, and the syndrome if there is one.
    #[inline]
    pub const fn cause(self) -> (Cause, u32) {
        match self {
            Self::Vcpu { esr } | Self::Memory { esr, .. } => (Cause::of_esr(esr), esr as u32),
            Self::Maintenance { .. } => (Cause::MAINTENANCE, 0),
            Self::VirtualPpi { .. } => (Cause::VIRTUAL_PPI, 0),
            Self::UnknownSyscall => (Cause::UNKNOWN_SYSCALL, 0),
            Self::Other { .. } => (Cause::OTHER, 0),
        }
    }

    /// For the trace: the value that goes with it, as far as the message tells.
    #[inline]
    pub const fn value(self, context: Option<FaultContext>) -> u64 {
        match (self, context) {
            (Self::Memory { ipa, .. }, _) => ipa,
            (Self::Vcpu { .. }, Some(context)) => context.value,
            (Self::Maintenance { index }, _) => index,
            (Self::VirtualPpi { intid }, _) => intid,
            (Self::Other { label }, _) => label,
            _ => 0,
        }
    }
}

impl FaultContext {
    /// What a message has beyond upstream's words.
    #[inline]
    pub fn from_message(label: u64, words: &[u64]) -> Option<Self> {
        let (pc, spsr, value, esr) = match *words {
            [esr, pc, spsr, value, ..] if label == TRAP => (pc, spsr & fault_context::SPSR_MASK, value, esr),
            [status, pc, _, value, ..] if fault_context::is_abort(label) => {
                (pc, status >> 32, value, status & 0xffff_ffff)
            }
            _ => return None,
        };
        Some(Self { pc, spsr, register: arm_syndrome::iss::named_register(esr) as u8, value })
    }
}

/// The kernel's number for the fault, if it numbers them.
#[inline]
pub fn number(label: u64, words: &[u64]) -> Option<u32> {
    match FaultLabel::from_label(label) {
        Some(FaultLabel::VcpuFault) => {
            words.get(fault_context::VCPU_SPSR).map(|word| (word >> fault_context::NUMBER_SHIFT) as u32)
        }
        Some(FaultLabel::VgicMaintenance | FaultLabel::VppiEvent) => {
            words.get(fault_context::EVENT_NUMBER).map(|&word| word as u32)
        }
        None if fault_context::is_abort(label) => Some(fault_context::abort_number(label)),
        _ => None,
    }
}

// The patterns above.
const _: () = {
    assert!(vcpu_fault::HSR == 0 && fault_context::VCPU_IP == 1 && fault_context::VCPU_SPSR == 2);
    assert!(fault_context::VCPU_VALUE == 3 && fault_context::ABORT_STATUS == 0 && fault_context::ABORT_IP == 1);
    assert!(fault_context::ABORT_ADDR == 2 && fault_context::ABORT_VALUE == 3);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_each_label() {
        assert_eq!(Exit::from_message(8, &[0x7e0_0000]), Exit::Vcpu { esr: 0x7e0_0000 });
        let memory = Exit::Memory { ipa: 0x900_0018, fetch: false, esr: 0x93c2_8005 };
        assert_eq!(Exit::from_message(6, &[0x4008_0000, 0x900_0018, 0, 0x93c2_8005]), memory);
        assert_eq!(Exit::from_message(7, &[u64::MAX]), Exit::Maintenance { index: u64::MAX });
        assert_eq!(Exit::from_message(9, &[27]), Exit::VirtualPpi { intid: 27 });
        assert_eq!(Exit::from_message(2, &[0; 13]), Exit::UnknownSyscall);
        assert_eq!(Exit::from_message(1, &[]), Exit::Other { label: 1 });
        assert_eq!(Exit::from_message(77, &[]), Exit::Other { label: 77 });
    }

    #[test]
    fn takes_the_context_of_a_longer_message() {
        assert_eq!(FaultContext::from_message(8, &[0x5a00_0000]), None);
        assert_eq!(FaultContext::from_message(6, &[0x4008_0000, 0x900_0018, 0, 0x93c2_8005]), None);
        assert_eq!(FaultContext::from_message(9, &[27, 0, 0, 0, 0, 0]), None);
        let hvc = FaultContext { pc: 0x1000, spsr: 0x3c5, register: 0, value: 0x8400_0000 };
        assert_eq!(FaultContext::from_message(8, &[0x5a00_0000, 0x1000, 0x3c5, 0x8400_0000]), Some(hvc));
        let read = FaultContext { pc: 0x4008_0000, spsr: 0x5, register: 2, value: 7 };
        let abort = [0x5_93c2_8005, 0x4008_0000, 0x900_0018, 7];
        assert_eq!(FaultContext::from_message(32, &abort), Some(read));
        let memory = Exit::Memory { ipa: 0x900_0018, fetch: false, esr: 0x93c2_8005 };
        assert_eq!(Exit::from_message(32, &abort), memory);
        let fetch = Exit::Memory { ipa: 0x1000, fetch: true, esr: 0x8200_0006 };
        assert_eq!(Exit::from_message(32, &[0x5_8200_0006, 0x1000, 0x1000, 0]), fetch);
        let wait = FaultContext { pc: 4, spsr: 5, register: 31, value: 0 };
        assert_eq!(FaultContext::from_message(8, &[0x7e0_0000, 4, 5, 0]), Some(wait));
    }
}
