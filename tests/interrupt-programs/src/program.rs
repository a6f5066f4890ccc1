// SPDX-License-Identifier: MIT OR Apache-2.0
//! A program: operations one after the other, and what is done in each interrupt's handler.

use core::fmt;

use heapless::Vec;

use crate::register::{Register, Size};

/// More operations than a program has.
pub const OPERATIONS: usize = 64;
/// Interrupts that a program has to do with.
pub const INTERRUPTS: usize = 10;

/// What the virtual timer is made to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// Off.
    Off,
    /// On, and its time is over: its line is high.
    Over,
    /// On, and its time is far away.
    Far,
    /// Over, but masked in the timer itself.
    Masked,
}

/// One step; what it observes is said with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Observes what a load gives.
    Read(Register, Size),
    /// A store.
    Write(Register, Size, u64),
    /// A store that the architecture leaves open: observes the register after it, and restores it.
    Contained(Register, Size, u64),
    /// Reads GICC_IAR, observed; what was acknowledged is running then.
    Acknowledge,
    /// Ends what was acknowledged last: GICC_EOIR.
    End,
    /// Deactivates what was ended first and is still active: GICC_DIR, with EOImode 1 only.
    Deactivate,
    /// Unmasks interrupts until so many were taken; observes of each how it came and GICC_IAR, and how it ended.
    Open(u8),
    /// Observes which exceptions are pending (ISR_EL1).
    Signals,
    /// Sets the virtual timer.
    SetTimer(Timer),
    /// Sets the virtual timer to so many ticks, waits for them, and observes whether it stands at its end.
    AwaitTimer(u32),
    /// The same with WFI, its interrupt made the most urgent one; observes which exceptions are pending then.
    Sleep(u32),
    /// The UART's interrupt line.
    SetLine(bool),
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    /// First the program's, then the handler's.
    pub operations: Vec<Operation, OPERATIONS>,
    /// Where the handler's begin.
    pub handler: usize,
    /// What may become pending.
    pub interrupts: Vec<u16, INTERRUPTS>,
}

/// Which of a program's operations are done: a bit for each.
pub type Keep = u64;
/// All of them.
pub const KEEP_ALL: Keep = Keep::MAX;

impl Program {
    /// Whether an operation is kept.
    pub fn keeps(keep: Keep, index: usize) -> bool {
        keep >> index & 1 != 0
    }

    /// A line for each operation that is kept.
    pub fn show(&self, keep: Keep) -> impl fmt::Display + '_ {
        Shown { program: self, keep }
    }
}

struct Shown<'a> {
    program: &'a Program,
    keep: Keep,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, operation) in self.program.operations.iter().enumerate() {
            if Program::keeps(self.keep, index) {
                let part = if index >= self.program.handler { "in the handler: " } else { "" };
                writeln!(f, "  {index:2x} {part}{operation}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = |size: Size| 8 * size.bytes();
        match self {
            Self::Read(register, Size::Word) => write!(f, "read {register}"),
            Self::Read(register, size) => write!(f, "read {register}, {} bits", bits(*size)),
            Self::Write(register, Size::Word, value) => write!(f, "{register} = {value:#x}"),
            Self::Write(register, size, value) => write!(f, "{register} = {value:#x}, {} bits", bits(*size)),
            Self::Contained(register, size, value) => {
                write!(f, "{register} = {value:#x}, {} bits, read, restored", bits(*size))
            }
            Self::Acknowledge => write!(f, "acknowledge"),
            Self::End => write!(f, "end of interrupt"),
            Self::Deactivate => write!(f, "deactivate"),
            Self::Open(most) => write!(f, "take up to {most} interrupts"),
            Self::Signals => write!(f, "read ISR_EL1"),
            Self::SetTimer(state) => write!(f, "timer: {state:?}"),
            Self::AwaitTimer(ticks) => write!(f, "timer: wait {ticks} ticks"),
            Self::Sleep(ticks) => write!(f, "timer: WFI for {ticks} ticks"),
            Self::SetLine(high) => write!(f, "UART line {}", if *high { "high" } else { "low" }),
        }
    }
}
