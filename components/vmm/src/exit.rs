// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why the guest stopped: a fault message as an enum.

use sel4_sys::fault::{FaultLabel, vcpu_fault, vgic_maintenance, vm_fault, vppi_event};

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
}
