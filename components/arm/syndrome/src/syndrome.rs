// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole of `ESR_EL2`.

use core::fmt;

use crate::iss::CLASS_SHIFT;
use crate::{Class, Condition, CpAccess32, CpAccess64, CpMemory, DataAbort, InstructionAbort, SysRegAccess, Wait};

/// A value of `ESR_EL2`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Esr(u64);

/// The ISS, read as its class says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syndrome {
    /// WFI or WFE.
    Wait(Wait),
    /// MCR or MRC, coprocessor 15.
    Cp15(CpAccess32),
    /// MCRR or MRRC, coprocessor 15.
    Cp15Wide(CpAccess64),
    /// MCR or MRC, coprocessor 14.
    Cp14(CpAccess32),
    /// MRRC, coprocessor 14.
    Cp14Wide(CpAccess64),
    /// LDC or STC, coprocessor 14.
    Cp14Memory(CpMemory),
    /// VMRS.
    Vmrs(CpAccess32),
    /// FP or SIMD; it may have failed its condition.
    FpSimd(Condition),
    /// SVC with its immediate.
    Svc(u16),
    /// HVC with its immediate.
    Hvc(u16),
    /// SMC; the immediate is given for AArch64 only, the condition for AArch32 only.
    Smc {
        /// 0 for AArch32.
        immediate: u16,
        /// Holds always for AArch64.
        condition: Condition,
    },
    /// MSR, MRS or a system instruction.
    SysReg(SysRegAccess),
    /// An instruction fetch.
    InstructionAbort(InstructionAbort),
    /// A load, store or cache operation.
    DataAbort(DataAbort),
    /// Breakpoint.
    Breakpoint,
    /// Software step.
    Step {
        /// Was the stepped instruction an exclusive load? Known in some cases only.
        exclusive: Option<bool>,
    },
    /// Watchpoint.
    Watchpoint(DataAbort),
    /// BRK, or BKPT of AArch32, with its comment.
    Brk(u16),
    /// Vector catch of AArch32.
    VectorCatch,
    /// The cause is the class itself: no information, reserved, or about something that guests are not given.
    Other,
}

impl Esr {
    const IL: u64 = 1 << 25;
    const ISS: u64 = Self::IL - 1;

    /// From the register.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// Put together from its fields.
    pub const fn from_fields(class: Class, is_32_bit_instruction: bool, iss: u32) -> Self {
        let il = if is_32_bit_instruction { Self::IL } else { 0 };
        Self((class.value() as u64) << CLASS_SHIFT | il | (iss as u64 & Self::ISS))
    }

    /// The whole value.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// EC.
    pub const fn class(self) -> Class {
        Class::new((self.0 >> CLASS_SHIFT) as u8)
    }

    /// IL.
    pub const fn is_32_bit_instruction(self) -> bool {
        self.0 & Self::IL != 0
    }

    /// ISS, 25 bits.
    pub const fn iss(self) -> u32 {
        (self.0 & Self::ISS) as u32
    }

    /// Reads the ISS. Every value decodes to something.
    pub const fn decode(self) -> Syndrome {
        let iss = self.iss();
        let immediate = iss as u16;
        match self.class() {
            Class::WFX => Syndrome::Wait(Wait::from_iss(iss)),
            Class::CP15_32 => Syndrome::Cp15(CpAccess32::from_iss(iss)),
            Class::CP15_64 => Syndrome::Cp15Wide(CpAccess64::from_iss(iss)),
            Class::CP14_32 => Syndrome::Cp14(CpAccess32::from_iss(iss)),
            Class::CP14_64 => Syndrome::Cp14Wide(CpAccess64::from_iss(iss)),
            Class::CP14_MEMORY => Syndrome::Cp14Memory(CpMemory::from_iss(iss)),
            Class::VMRS => Syndrome::Vmrs(CpAccess32::from_iss(iss)),
            Class::FP_SIMD => Syndrome::FpSimd(Condition::of_iss(iss)),
            Class::SVC32 | Class::SVC64 => Syndrome::Svc(immediate),
            Class::HVC32 | Class::HVC64 => Syndrome::Hvc(immediate),
            Class::SMC32 => Syndrome::Smc { immediate: 0, condition: smc32_condition(iss) },
            Class::SMC64 => Syndrome::Smc { immediate, condition: ALWAYS },
            Class::SYS_REG => Syndrome::SysReg(SysRegAccess::from_iss(iss)),
            Class::INSTRUCTION_ABORT_LOWER | Class::INSTRUCTION_ABORT_SAME => {
                Syndrome::InstructionAbort(InstructionAbort::from_iss(iss))
            }
            Class::DATA_ABORT_LOWER | Class::DATA_ABORT_SAME => Syndrome::DataAbort(DataAbort::from_iss(iss)),
            Class::BREAKPOINT_LOWER | Class::BREAKPOINT_SAME => Syndrome::Breakpoint,
            Class::STEP_LOWER | Class::STEP_SAME => Syndrome::Step { exclusive: step_exclusive(iss) },
            Class::WATCHPOINT_LOWER | Class::WATCHPOINT_SAME => Syndrome::Watchpoint(watchpoint(iss)),
            Class::BKPT32 | Class::BRK64 => Syndrome::Brk(immediate),
            Class::VECTOR_CATCH32 => Syndrome::VectorCatch,
            _ => Syndrome::Other,
        }
    }
}

const ALWAYS: Condition = Condition::Known(crate::ConditionCode::ALWAYS);

/// CCKNOWNPASS, bit 19: when 0 the instruction executes whatever CV and COND say.
const fn smc32_condition(iss: u32) -> Condition {
    if iss & 1 << 19 == 0 { ALWAYS } else { Condition::of_iss(iss) }
}

/// ISV in bit 24 says whether EX, bit 6, means something.
const fn step_exclusive(iss: u32) -> Option<bool> {
    if iss & 1 << 24 == 0 { None } else { Some(iss & 1 << 6 != 0) }
}

/// A watchpoint has the direction and the cache bit of a data abort, and nothing about registers.
const fn watchpoint(iss: u32) -> DataAbort {
    DataAbort { transfer: None, ..DataAbort::from_iss(iss) }
}

impl fmt::Debug for Esr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}: {:?}, {:?}", self.0, self.class(), self.decode())
    }
}
