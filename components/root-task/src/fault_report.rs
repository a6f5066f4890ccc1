// SPDX-License-Identifier: MIT OR Apache-2.0
//! A fault in words.

use core::fmt::{self, Write as _};

use arm_syndrome::{Class, iss::CLASS_SHIFT};
use lazaret_abi::console::FATAL;
use sel4_abi::fault::{FaultLabel, cap_fault, timeout, unknown_syscall, user_exception, vcpu_fault, vm_fault};

/// Everything that is printed of a fault.
#[derive(Clone, Debug)]
pub struct FaultReport<'a> {
    /// Who.
    pub name: &'a str,
    /// Label of the fault message.
    pub label: u64,
    /// Words of the fault message.
    pub words: [u64; unknown_syscall::LENGTH],
    /// Lowest address of the stack, 0 = unknown.
    pub stack_bottom: u64,
    /// Registers, if they could be read.
    pub registers: Option<Registers>,
    /// It can be started again: not an error of the system.
    pub restarts: bool,
    /// Where it may have come from.
    pub backtrace: Backtrace,
}

/// Addresses in code, the latest first.
pub type Backtrace = heapless::Vec<u64, 24>;

/// General registers of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// Program counter.
    pub pc: u64,
    /// Stack pointer.
    pub sp: u64,
    /// Saved program status.
    pub spsr: u64,
    /// x0 to x30.
    pub x: [u64; 31],
}

const ERROR: &str = "MON|ERROR:";
const WARNING: &str = "MON|WARN:";

impl fmt::Display for FaultReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.restarts { WARNING } else { ERROR };
        if !self.restarts {
            f.write_char(FATAL)?;
        }
        writeln!(f, "{prefix} protection domain '{}' faulted", self.name)?;
        write!(f, "{prefix}   ")?;
        self.cause(f)?;
        writeln!(f)?;
        if let Some(registers) = &self.registers {
            registers.write(prefix, f)?;
        }
        if !self.backtrace.is_empty() {
            write!(f, "{prefix}   backtrace of '{}':", self.name)?;
            self.backtrace.iter().try_for_each(|address| write!(f, " {address:x}"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

impl FaultReport<'_> {
    fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }

    fn cause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match FaultLabel::from_label(self.label) {
            Some(FaultLabel::VmFault) => self.vm_fault(f),
            Some(FaultLabel::CapFault) => write!(
                f,
                "cap fault: no capability at CPtr {:#x} ({}, in the {} phase)",
                self.word(cap_fault::ADDR),
                lookup_failure(self.word(cap_fault::LOOKUP_FAILURE_TYPE)),
                if self.word(cap_fault::IN_RECV_PHASE) == 0 { "send" } else { "receive" },
            ),
            Some(FaultLabel::UnknownSyscall) => {
                write!(f, "unknown system call {}", self.word(unknown_syscall::SYSCALL) as i64)
            }
            Some(FaultLabel::UserException) => {
                let number = self.word(user_exception::NUMBER);
                write!(f, "exception: {} (ESR {number:#x})", exception_class(number))
            }
            Some(FaultLabel::Timeout) => {
                write!(f, "budget used up (scheduling context {:#x})", self.word(timeout::DATA))
            }
            Some(FaultLabel::VcpuFault) => {
                let esr = self.word(vcpu_fault::HSR);
                write!(f, "exception: {} (ESR {esr:#x})", exception_class(esr))
            }
            _ => write!(f, "fault message with label {}", self.label),
        }
    }

    fn vm_fault(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, esr) = (self.word(vm_fault::ADDR), self.word(vm_fault::FSR));
        let what = if self.word(vm_fault::PREFETCH_FAULT) != 0 {
            "fetched an instruction from"
        } else if esr & 1 << 6 != 0 {
            "wrote to"
        } else {
            "read from"
        };
        write!(f, "memory fault: {what} {address:#x}: {} (ESR {esr:#x})", fault_status(esr))?;
        let below = self.stack_bottom.wrapping_sub(address);
        if self.stack_bottom != 0 && (1..=0x1000).contains(&below) {
            write!(f, "; this is just below the stack: overflow?")?;
        }
        Ok(())
    }
}

impl Registers {
    fn write(&self, prefix: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{prefix}   pc   {:016x}  sp   {:016x}  spsr {:016x}", self.pc, self.sp, self.spsr)?;
        for (row, values) in self.x.chunks(4).enumerate() {
            write!(f, "{prefix}  ")?;
            for (column, value) in values.iter().enumerate() {
                write!(f, " x{:<3} {value:016x}", row * 4 + column)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Why a CPtr led nowhere.
fn lookup_failure(kind: u64) -> &'static str {
    match kind {
        1 => "invalid root",
        2 => "the slot is empty",
        3 => "depth mismatch",
        4 => "guard mismatch",
        _ => "unknown reason",
    }
}

/// Fault status code of an abort.
fn fault_status(esr: u64) -> &'static str {
    match esr & 0x3f {
        0x00..=0x03 => "address size fault",
        0x04..=0x07 => "nothing is mapped there",
        0x08..=0x0b => "access flag fault",
        0x0c..=0x0f => "the mapping does not permit it",
        0x10 => "external abort",
        0x14..=0x17 => "external abort on a table walk",
        0x21 => "alignment fault",
        _ => "unknown status",
    }
}

/// Exception class in words.
fn exception_class(esr: u64) -> &'static str {
    match Class::new((esr >> CLASS_SHIFT) as u8) {
        Class::UNKNOWN => "undefined instruction",
        Class::WFX => "trapped WFI or WFE",
        Class::FP_SIMD => "trapped FP or SIMD access",
        Class::ILLEGAL_STATE => "illegal execution state",
        Class::SVC64 => "SVC",
        Class::HVC64 => "HVC",
        Class::SMC64 => "SMC",
        Class::SYS_REG => "trapped MSR, MRS or system instruction",
        Class::INSTRUCTION_ABORT_LOWER | Class::INSTRUCTION_ABORT_SAME => "instruction abort",
        Class::PC_ALIGNMENT => "misaligned PC",
        Class::DATA_ABORT_LOWER | Class::DATA_ABORT_SAME => "data abort",
        Class::SP_ALIGNMENT => "misaligned SP",
        Class::BREAKPOINT_LOWER | Class::BREAKPOINT_SAME => "hardware breakpoint",
        Class::STEP_LOWER | Class::STEP_SAME => "single step",
        Class::WATCHPOINT_LOWER | Class::WATCHPOINT_SAME => "watchpoint",
        Class::BRK64 => "BRK instruction",
        _ => "unknown exception class",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    const NOTHING: FaultReport<'_> = FaultReport {
        name: "",
        label: 0,
        words: [0; unknown_syscall::LENGTH],
        stack_bottom: 0,
        registers: None,
        restarts: false,
        backtrace: Backtrace::new(),
    };

    fn words(given: &[u64]) -> [u64; unknown_syscall::LENGTH] {
        core::array::from_fn(|n| given.get(n).copied().unwrap_or(0))
    }

    #[test]
    fn what_can_be_started_again_is_a_warning_with_a_backtrace() {
        let backtrace = Backtrace::from_slice(&[0x20_0010, 0x20_0100]).unwrap();
        let report = FaultReport { name: "vmm", label: 5, restarts: true, backtrace, ..NOTHING };
        let text = report.to_string();
        assert!(text.lines().all(|line| line.starts_with("MON|WARN:")), "{text}");
        assert!(text.ends_with("backtrace of 'vmm': 200010 200100\n"), "{text}");
    }

    #[test]
    fn a_write_below_the_stack() {
        let registers =
            Registers { pc: 0x20_0000, sp: 0xfff_ffff_c000, spsr: 0x40, x: core::array::from_fn(|n| n as u64) };
        let words = words(&[0x20_0000, 0xfff_ffff_bff0, 0, 0x9200_0047]);
        let stack_bottom = 0xfff_ffff_c000;
        let report = FaultReport { name: "vmm", label: 6, words, stack_bottom, registers: Some(registers), ..NOTHING };
        let text = report.to_string();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("\u{1e}MON|ERROR: protection domain 'vmm' faulted"));
        assert_eq!(
            lines.next(),
            Some(
                "MON|ERROR:   memory fault: wrote to 0xfffffffbff0: nothing is mapped there (ESR 0x92000047); \
                 this is just below the stack: overflow?"
            )
        );
        let pc = "MON|ERROR:   pc   0000000000200000  sp   00000fffffffc000  spsr 0000000000000040";
        assert_eq!(lines.next(), Some(pc));
        assert_eq!(text.lines().count(), 3 + 8);
        assert!(text.contains(" x30  000000000000001e"));
    }

    #[test]
    fn every_label_has_words_and_none_panics() {
        for label in 0..20 {
            let report = FaultReport { name: "a", label, ..NOTHING };
            assert!(report.to_string().lines().count() == 2);
        }
        let report = FaultReport { name: "a", label: 1, words: words(&[0, 0x4a, 0, 2, 9]), ..NOTHING };
        assert!(report.to_string().contains("no capability at CPtr 0x4a (the slot is empty, in the send phase)"));
    }
}
