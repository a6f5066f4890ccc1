// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ESR_ELx.EC`.

use core::fmt;

/// Exception class, 6 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(u8);

macro_rules! classes {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        impl Class {
            $(#[doc = $text] pub const $name: Self = Self($value);)*

            /// What it is called in a log line.
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $($value => $text,)*
                    _ => "reserved exception class",
                }
            }
        }
    };
}

classes! {
    UNKNOWN = 0x00, "unknown reason";
    WFX = 0x01, "WFI or WFE";
    CP15_32 = 0x03, "MCR or MRC, coprocessor 15";
    CP15_64 = 0x04, "MCRR or MRRC, coprocessor 15";
    CP14_32 = 0x05, "MCR or MRC, coprocessor 14";
    CP14_MEMORY = 0x06, "LDC or STC, coprocessor 14";
    FP_SIMD = 0x07, "floating point or SIMD";
    VMRS = 0x08, "VMRS of an ID register";
    CP14_64 = 0x0c, "MRRC, coprocessor 14";
    ILLEGAL_STATE = 0x0e, "illegal execution state";
    SVC32 = 0x11, "SVC, AArch32";
    HVC32 = 0x12, "HVC, AArch32";
    SMC32 = 0x13, "SMC, AArch32";
    SVC64 = 0x15, "SVC, AArch64";
    HVC64 = 0x16, "HVC, AArch64";
    SMC64 = 0x17, "SMC, AArch64";
    SYS_REG = 0x18, "MSR, MRS or system instruction";
    SVE = 0x19, "SVE";
    INSTRUCTION_ABORT_LOWER = 0x20, "instruction abort, lower EL";
    INSTRUCTION_ABORT_SAME = 0x21, "instruction abort, same EL";
    PC_ALIGNMENT = 0x22, "misaligned PC";
    DATA_ABORT_LOWER = 0x24, "data abort, lower EL";
    DATA_ABORT_SAME = 0x25, "data abort, same EL";
    SP_ALIGNMENT = 0x26, "misaligned SP";
    FP_EXCEPTION32 = 0x28, "floating-point exception, AArch32";
    FP_EXCEPTION64 = 0x2c, "floating-point exception, AArch64";
    SERROR = 0x2f, "SError";
    BREAKPOINT_LOWER = 0x30, "breakpoint, lower EL";
    BREAKPOINT_SAME = 0x31, "breakpoint, same EL";
    STEP_LOWER = 0x32, "software step, lower EL";
    STEP_SAME = 0x33, "software step, same EL";
    WATCHPOINT_LOWER = 0x34, "watchpoint, lower EL";
    WATCHPOINT_SAME = 0x35, "watchpoint, same EL";
    BKPT32 = 0x38, "BKPT, AArch32";
    VECTOR_CATCH32 = 0x3a, "vector catch, AArch32";
    BRK64 = 0x3c, "BRK, AArch64";
}

impl Class {
    /// Bits above the sixth are dropped.
    pub const fn new(value: u8) -> Self {
        Self(value & 0x3f)
    }

    /// The field's value.
    pub const fn value(self) -> u8 {
        self.0
    }

    /// Every value that the field can have.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..64).map(Self)
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x} ({})", self.0, self.name())
    }
}
