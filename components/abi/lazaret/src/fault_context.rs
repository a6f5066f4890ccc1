// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a kernel with `LAZARET_VCPU_FAULT_CONTEXT` adds to the fault messages of a vCPU, and the reply that it takes.
//!
//! With it an exit costs two kernel entries instead of four, because the handler needs no invocation to read or write
//! the guest's registers, and all words travel in registers.
//!
//! The value in a fault message is that of the register which the syndrome names: Rt of a trapped register access or
//! of a data abort, x0 of a hypercall; 0 when there is none.

use crate::DebugRegister;

/// VCPUFault: where the instruction is.
pub const VCPU_IP: usize = 1;
/// VCPUFault: SPSR_EL2 in the lower half; the fault's number in the upper half.
pub const VCPU_SPSR: usize = 2;
/// VCPUFault: the value.
pub const VCPU_VALUE: usize = 3;
/// Words of a VCPUFault.
pub const VCPU_LENGTH: usize = 4;
/// VGICMaintenance, VPPIEvent: the fault's number.
pub const EVENT_NUMBER: usize = 1;
/// Words of these.
pub const EVENT_LENGTH: usize = 2;
/// Where the number of a fault begins. Faults of a thread are numbered from 1, modulo 2^32.
pub const NUMBER_SHIFT: u32 = 32;
/// SPSR_EL2 in the word that has the number as well.
pub const SPSR_MASK: u64 = 0xffff_ffff;

/// Label, below [`abort_number`], of what a vCPU's stage-2 abort becomes instead of a VMFault: behind upstream's.
pub const ABORT_LABEL: u64 = 32;
/// Abort: ESR_EL2 in bits 31:0, SPSR_EL2 in bits 63:32.
pub const ABORT_STATUS: usize = 0;
/// Abort: where the instruction is.
pub const ABORT_IP: usize = 1;
/// Abort: the intermediate physical address.
pub const ABORT_ADDR: usize = 2;
/// Abort: the value.
pub const ABORT_VALUE: usize = 3;
/// Words of an abort.
pub const ABORT_LENGTH: usize = 4;
/// Where the number of a fault begins in an abort's label.
const ABORT_NUMBER_SHIFT: u32 = 16;

/// The label of an abort with its number.
#[inline(always)]
pub const fn abort_label(number: u32) -> u64 {
    ABORT_LABEL | (number as u64) << ABORT_NUMBER_SHIFT
}

/// Is this an abort's label?
#[inline(always)]
pub const fn is_abort(label: u64) -> bool {
    label & ((1 << ABORT_NUMBER_SHIFT) - 1) == ABORT_LABEL
}

/// The number in an abort's label.
#[inline(always)]
pub const fn abort_number(label: u64) -> u32 {
    (label >> ABORT_NUMBER_SHIFT) as u32
}

/// [`ABORT_STATUS`] of its two halves.
#[inline(always)]
pub const fn abort_status(esr: u64, spsr: u64) -> u64 {
    esr & 0xffff_ffff | spsr << 32
}

/// Label of a reply to either that says how to go on; upstream ignores a reply's label and words.
pub const REPLY_LABEL: u64 = 1;
/// Label of a reply after which the vCPU stays stopped, with `LAZARET_VCPU_STOP`. With [`REPLY_LENGTH`] words it is stopped
/// where they say; with any other number, and as an answer to an event, where it is. The scheduling context that the fault
/// lent is the vCPU's again, and the reply object is free: nothing of the fault is left. [`crate::VCPU_START`],
/// [`crate::VCPU_WAKE`] and TCB_Resume end it.
pub const STOP_LABEL: u64 = 2;
/// As [`STOP_LABEL`]; the vCPU also goes on when its virtual timer would interrupt (enabled, not masked, VPPI acknowledged).
pub const WAIT_LABEL: u64 = 3;
/// Reply: where to go on.
pub const REPLY_IP: usize = 0;
/// Reply: in which state; held to what TCB_WriteRegisters allows.
pub const REPLY_SPSR: usize = 1;
/// Reply: the register to write, x0 to x30, or [`NO_REGISTER`], or a [`debug_write`].
pub const REPLY_REGISTER: usize = 2;
/// Reply: its value.
pub const REPLY_VALUE: usize = 3;
/// Words of the reply.
pub const REPLY_LENGTH: usize = 4;
/// What becomes of a vCPU after a reply, as its label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// It goes on.
    Resume,
    /// It is stopped: [`STOP_LABEL`].
    Stop,
    /// It is stopped until its virtual timer would interrupt: [`WAIT_LABEL`].
    Wait,
}

impl ReplyKind {
    /// Of a label; `None` for one that says nothing of it, after which the vCPU goes on where it was.
    #[inline(always)]
    pub const fn from_label(label: u64) -> Option<Self> {
        match label {
            REPLY_LABEL => Some(Self::Resume),
            STOP_LABEL => Some(Self::Stop),
            WAIT_LABEL => Some(Self::Wait),
            _ => None,
        }
    }

    /// Its label.
    pub const fn label(self) -> u64 {
        match self {
            Self::Resume => REPLY_LABEL,
            Self::Stop => STOP_LABEL,
            Self::Wait => WAIT_LABEL,
        }
    }
}

/// The register of the reply is one of the debug bank, by its word in bits 15:0.
pub const DEBUG_WRITE: u64 = 1 << 16;
/// With [`DEBUG_WRITE`]: flag the state dirty as well.
pub const DEBUG_WRITE_DIRTY: u64 = 1 << 17;

/// A reply that does what [`crate::VCPU_DEBUG_WRITE`] does; what that refuses is not written.
#[inline(always)]
pub const fn debug_write(register: DebugRegister, dirty: bool) -> u64 {
    DEBUG_WRITE | register.to_word() | if dirty { DEBUG_WRITE_DIRTY } else { 0 }
}

/// What a [`debug_write`] writes, and whether it flags dirty.
#[inline(always)]
pub const fn debug_written(word: u64) -> Option<(DebugRegister, bool)> {
    if word & !(DEBUG_WRITE_DIRTY | 0xffff) != DEBUG_WRITE {
        return None;
    }
    match DebugRegister::from_word(word & 0xffff) {
        Some(register) => Some((register, word & DEBUG_WRITE_DIRTY != 0)),
        None => None,
    }
}

/// Register 31: none is written.
pub const NO_REGISTER: u64 = 31;

/// What a reply, or [`crate::VCPU_START`], writes beside the place where the vCPU goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyRegister {
    /// Nothing: [`NO_REGISTER`].
    None,
    /// x0 to x30.
    X(u8),
    /// A register of the debug bank, as a [`debug_write`]; with `true` it flags the state dirty.
    Debug(DebugRegister, bool),
}

impl ReplyRegister {
    /// Of a word.
    pub const fn from_word(word: u64) -> Option<Self> {
        match (word, debug_written(word)) {
            (NO_REGISTER, _) => Some(Self::None),
            (0..NO_REGISTER, _) => Some(Self::X(word as u8)),
            (_, Some((register, dirty))) => Some(Self::Debug(register, dirty)),
            _ => None,
        }
    }

    /// Its word.
    pub const fn to_word(self) -> u64 {
        match self {
            Self::None => NO_REGISTER,
            Self::X(n) => n as u64,
            Self::Debug(register, dirty) => debug_write(register, dirty),
        }
    }
}

/// Where the word of an injection begins in a reply's label.
const INJECTION_SHIFT: u32 = 12;
/// A reply's label says that there is one.
const INJECTION: u64 = 1 << 11;
/// The bits of VCPU_InjectIRQ's word that mean something.
const INJECTION_BITS: u64 = (1 << 40) - 1;
/// In the word of a VGICMaintenance: it is about a reply's injection, whose word follows in the lower bits.
const INJECTION_REFUSED: u64 = 1 << 63;

/// The label of a reply that also injects an interrupt, with `LAZARET_VCPU_REPLY_INJECTION`: `label` is that of a reply to
/// any fault of a vCPU, and `word` that of VCPU_InjectIRQ. Answer, debug write and injection are one event.
///
/// In a list register that is free the interrupt becomes pending, as by VCPU_InjectIRQ. In one that holds the same
/// interrupt it becomes pending once more, and the two ends are told as one. A vCPU that the reply leaves waiting goes on
/// at once. An injection whose word is out of range, whose list register holds another interrupt, or one whose end is
/// still to be told, or is the kernel's, is refused, but not the reply: the vCPU neither goes on nor stays stopped, but
/// has the fault VGICMaintenance of [`refused_injection`], to be answered like any other. A thread that has no vCPU any
/// more has no interrupt.
#[inline(always)]
pub const fn with_injection(label: u64, word: u64) -> u64 {
    label | INJECTION | (word & INJECTION_BITS) << INJECTION_SHIFT
}

/// A reply's label carries an injection, if it is a reply's.
#[inline(always)]
pub const fn has_injection(label: u64) -> bool {
    label & INJECTION != 0
}

/// A reply's label without its injection.
#[inline(always)]
pub const fn without_injection(label: u64) -> u64 {
    if has_injection(label) { label & (INJECTION - 1) } else { label }
}

/// The word of the injection that a reply's label carries.
#[inline(always)]
pub const fn injection(label: u64) -> Option<u64> {
    if has_injection(label) && ReplyKind::from_label(without_injection(label)).is_some() {
        Some(label >> INJECTION_SHIFT & INJECTION_BITS)
    } else {
        None
    }
}

/// The word of a VGICMaintenance that says that a reply's injection was refused. A list register's number is smaller, and
/// all ones ("none of them") is another word.
pub const fn refused_injection(word: u64) -> u64 {
    INJECTION_REFUSED | word & INJECTION_BITS
}

/// The injection that a VGICMaintenance speaks of.
pub const fn refused(word: u64) -> Option<u64> {
    if word & !INJECTION_BITS == INJECTION_REFUSED { Some(word & INJECTION_BITS) } else { None }
}
