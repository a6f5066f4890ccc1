// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fault messages.

use crate::{
    IpcBuffer, MessageInfo, Word,
    sys::{
        fault::{self, FaultLabel, cap_fault, timeout, unknown_syscall, user_exception, vm_fault},
        ipc_buffer::MSG_MAX_LENGTH,
    },
};

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident($length:expr) = $label:ident { $($(#[$field_doc:meta])* $field:ident = $index:expr;)* })*) => {
        /// A fault message, decoded. Corresponds to `seL4_Fault`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the types say it")]
        pub enum Fault { $($name($name),)* }

        impl Fault {
            /// The fault in the buffer; `None` when the label is no fault's.
            pub fn try_new(ipc_buffer: &IpcBuffer, info: &MessageInfo) -> Option<Self> {
                Some(match FaultLabel::from_label(info.label())? {
                    $(FaultLabel::$label => {
                        let mut words = [0; $length];
                        words.copy_from_slice(&ipc_buffer.msg_regs()[..$length]);
                        Self::$name($name(words))
                    })*
                })
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name([Word; $length]);

            impl $name {
                $($(#[$field_doc])* pub const fn $field(&self) -> Word { self.0[$index] })*

                /// The words as they came.
                pub const fn inner(&self) -> &[Word; $length] { &self.0 }
            }
        )*
    };
}

faults! {
    /// No fault.
    NullFault(0) = NullFault {}
    /// A capability pointer led nowhere.
    CapFault(7) = CapFault {
        /// Address of the system call.
        ip = cap_fault::IP;
        /// The capability pointer.
        addr = cap_fault::ADDR;
        /// 1 for the receive part of a call.
        in_recv_phase = cap_fault::IN_RECV_PHASE;
        /// Kind of lookup failure.
        lookup_failure_type = cap_fault::LOOKUP_FAILURE_TYPE;
        /// Bits left to resolve.
        bits_left = cap_fault::BITS_LEFT;
    }
    /// A system call with a number that is none.
    UnknownSyscall(unknown_syscall::LENGTH) = UnknownSyscall {
        /// Address of the instruction.
        fault_ip = unknown_syscall::FAULT_IP;
        /// Stack pointer.
        sp = unknown_syscall::SP;
        /// Address of the next instruction.
        lr = unknown_syscall::LR;
        /// Program status.
        spsr = unknown_syscall::SPSR;
        /// The number.
        syscall = unknown_syscall::SYSCALL;
    }
    /// An exception that is none of the others.
    UserException(user_exception::LENGTH) = UserException {
        /// Address of the instruction.
        fault_ip = user_exception::FAULT_IP;
        /// Stack pointer.
        sp = user_exception::SP;
        /// Program status.
        spsr = user_exception::SPSR;
        /// ESR.
        number = user_exception::NUMBER;
        /// Code.
        code = user_exception::CODE;
    }
    /// A scheduling context ran out of budget.
    Timeout(timeout::LENGTH) = Timeout {
        /// Badge of the scheduling context.
        data = timeout::DATA;
        /// Microseconds since last asked.
        consumed = timeout::CONSUMED;
    }
    /// A translation fault.
    VmFault(vm_fault::LENGTH) = VmFault {
        /// Address of the instruction.
        ip = vm_fault::IP;
        /// Address accessed; a guest-physical one for a vCPU.
        addr = vm_fault::ADDR;
        /// ESR_EL2.
        fsr = vm_fault::FSR;
    }
    /// The virtual interrupt controller wants attention.
    VGicMaintenance(fault::vgic_maintenance::LENGTH) = VgicMaintenance {}
    /// A guest did what the hypervisor must decide about.
    VCpuFault(fault::vcpu_fault::LENGTH) = VcpuFault {
        /// ESR_EL2.
        hsr = fault::vcpu_fault::HSR;
    }
    /// A virtual private interrupt fired.
    VPpiEvent(fault::vppi_event::LENGTH) = VppiEvent {
        /// Its number.
        irq = fault::vppi_event::IRQ;
    }
}

const _: () = assert!(unknown_syscall::LENGTH <= MSG_MAX_LENGTH);

impl Fault {
    /// The fault in the buffer. Panics when the label is no fault's: see [`Fault::try_new`].
    pub fn new(ipc_buffer: &IpcBuffer, info: &MessageInfo) -> Self {
        Self::try_new(ipc_buffer, info).expect("the label of a fault")
    }
}

impl UnknownSyscall {
    /// x0 to x7.
    pub const fn gpr(&self, ix: usize) -> Word {
        assert!(ix < unknown_syscall::FAULT_IP);
        self.0[unknown_syscall::X0 + ix]
    }
}

impl VmFault {
    /// Whether an instruction fetch faulted.
    pub const fn is_prefetch(&self) -> bool {
        self.0[vm_fault::PREFETCH_FAULT] != 0
    }
}

impl VGicMaintenance {
    /// The list register, when one is the cause.
    pub const fn idx(&self) -> Option<Word> {
        match self.0[fault::vgic_maintenance::IDX] {
            fault::vgic_maintenance::NO_IDX => None,
            index => Some(index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, MessageInfo};
    use crate::IpcBuffer;

    fn decode(label: u64, words: &[u64]) -> Option<Fault> {
        let mut buffer = IpcBuffer::default();
        buffer.msg_regs_mut()[..words.len()].copy_from_slice(words);
        Fault::try_new(&buffer, &MessageInfo::new(label, 0, 0, words.len()))
    }

    #[test]
    fn faults_decode_by_label() {
        let Some(Fault::VmFault(fault)) = decode(6, &[0x10, 0xa00_0000, 0, 0x93c2_8005]) else { panic!() };
        assert_eq!(
            (fault.ip(), fault.addr(), fault.is_prefetch(), fault.fsr()),
            (0x10, 0xa00_0000, false, 0x93c2_8005)
        );
        let Some(Fault::VCpuFault(fault)) = decode(8, &[0x7e0_0000]) else { panic!() };
        assert_eq!(fault.hsr(), 0x7e0_0000);
        let Some(Fault::VGicMaintenance(fault)) = decode(7, &[u64::MAX]) else { panic!() };
        assert_eq!(fault.idx(), None);
        let Some(Fault::Timeout(fault)) = decode(5, &[0x5c5c, 1000]) else { panic!() };
        assert_eq!((fault.data(), fault.consumed()), (0x5c5c, 1000));
        let words: std::vec::Vec<u64> = (100..113).collect();
        let Some(Fault::UnknownSyscall(fault)) = decode(2, &words) else { panic!() };
        assert_eq!((fault.gpr(7), fault.fault_ip(), fault.syscall()), (107, 108, 112));
        assert_eq!(decode(4, &[]), None);
        assert_eq!(decode(77, &[]), None);
    }
}
