// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that a vCPU is made of, in groups of words. What is not here does not exist for a guest: a snapshot holds these,
//! a reset sets these, and no two vCPUs share one of these.

use crate::{DebugRegister, VcpuState};
use sel4_abi::ipc_buffer::MSG_MAX_LENGTH;
use sel4_abi::vcpu_reg::VcpuReg;

macro_rules! groups {
    ($list_registers:ident; $($(#[doc = $doc:literal])* $name:ident: $length:expr,)*) => {
        /// A group of a vCPU's state, by the number that [`crate::ReadGroup`] and [`crate::WriteGroup`] name it with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u64)]
        pub enum Group { $($(#[doc = $doc])* $name,)* }

        impl Group {
            /// All of them, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its words on a core with this many list registers.
            pub const fn length(self, $list_registers: usize) -> usize {
                match self {
                    $(Self::$name => $length,)*
                }
            }

            /// The group of a number.
            pub const fn from_word(word: u64) -> Option<Self> {
                if word < Self::ALL.len() as u64 { Some(Self::ALL[word as usize]) } else { None }
            }
        }
    };
}

groups! {
    list_registers;
    /// What EL0 and EL1 both see: the registers of [`sel4_abi::user_context::ORDER`]. The
    /// program counter is where the vCPU goes on.
    Core: CORE_WORDS,
    /// The system registers of EL1: [`EL1`] in that order, then CSSELR_EL1.
    El1: EL1.len() + 1,
    /// The width of EL1 and what only a 32-bit one has: [`VcpuState::ALL`] in that order.
    Aarch32: VcpuState::ALL.len(),
    /// V0 to V31, two words each and the lower first; FPCR; FPSR.
    Fp: FP_WORDS,
    /// [`TIMER`] in that order.
    Timer: TIMER.len(),
    /// GICH_HCR, GICH_VMCR, GICH_APR, and each list register that the core has (IHI 0048B, 5.3). A prepared timer's interrupt
    /// is 0, or, if the guest handles it, as one that is no physical interrupt's; written so, it is the physical one's again.
    Gic: GIC_FIRST_LIST_REGISTER + list_registers,
    /// What waits to be told, by [`Event`].
    Events: Event::COUNT,
    /// The debug bank: [`debug_register`] of each number, what the core lacks being 0; then the bank's state as in
    /// [`crate::DebugStatus::State`]. Written, a state other than CLEAN says that the bank goes on the hardware at the
    /// next resume, which is PENDING when it is read again; EXTERNAL cannot be written.
    Debug: DEBUG_REGISTERS + 1,
}

/// Words of [`Group::Core`].
pub const CORE_WORDS: usize = sel4_abi::user_context::NUM_REGISTERS;

/// [`Group::El1`] without its last word.
pub const EL1: [VcpuReg; 21] = [
    VcpuReg::Sctlr,
    VcpuReg::Cpacr,
    VcpuReg::Ttbr0,
    VcpuReg::Ttbr1,
    VcpuReg::Tcr,
    VcpuReg::Mair,
    VcpuReg::Amair,
    VcpuReg::Cidr,
    VcpuReg::Actlr,
    VcpuReg::Afsr0,
    VcpuReg::Afsr1,
    VcpuReg::Esr,
    VcpuReg::Far,
    VcpuReg::Par,
    VcpuReg::Vbar,
    VcpuReg::TpidrEl1,
    VcpuReg::VmpidrEl2,
    VcpuReg::SpEl1,
    VcpuReg::ElrEl1,
    VcpuReg::SpsrEl1,
    VcpuReg::CntkctlEl1,
];

/// [`Group::Timer`].
pub const TIMER: [VcpuReg; 3] = [VcpuReg::CntvCtl, VcpuReg::CntvCval, VcpuReg::Cntvoff];

const _: () = assert!(EL1.len() + TIMER.len() == VcpuReg::ALL.len());

/// V0 to V31, FPCR, FPSR.
pub const FP_WORDS: usize = 2 * 32 + 2;

/// Where GICH_HCR is in [`Group::Gic`].
pub const GIC_CONTROL: usize = 0;
/// GICH_HCR of a fresh vCPU: the interface is on (IHI 0048B, 5.3.1: En).
pub const GIC_ENABLE: u64 = 1;
/// List registers that a core can have at most (IHI 0048B, 5.3.2).
pub const MAX_LIST_REGISTERS: usize = 64;
/// Where the list registers begin in [`Group::Gic`].
pub const GIC_FIRST_LIST_REGISTER: usize = 3;

/// The words of [`Group::Events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    /// 1: the virtual timer's interrupt was told, and VCPU_AckVPPI has not been called since.
    TimerTold,
    /// 1: the vCPU is stopped until its virtual timer would interrupt.
    WaitsForTimer,
}

impl Event {
    /// How many there are.
    pub const COUNT: usize = 2;
}

/// Registers of [`Group::Debug`].
pub const DEBUG_REGISTERS: usize = 4 * 16 + 5;

/// The register of a number in [`Group::Debug`].
pub const fn debug_register(number: usize) -> DebugRegister {
    let index = (number % 16) as u8;
    match number / 16 {
        0 => DebugRegister::Bvr(index),
        1 => DebugRegister::Bcr(index),
        2 => DebugRegister::Wvr(index),
        3 => DebugRegister::Wcr(index),
        _ => match index {
            0 => DebugRegister::Mdscr,
            1 => DebugRegister::Mdccint,
            2 => DebugRegister::Vcr32,
            3 => DebugRegister::Claim,
            _ => DebugRegister::OsLock,
        },
    }
}

/// Any group goes into one message, after the word that names it.
const _: () = {
    let mut n = 0;
    while n < Group::ALL.len() {
        assert!(Group::ALL[n].length(MAX_LIST_REGISTERS) < MSG_MAX_LENGTH);
        n += 1;
    }
};
