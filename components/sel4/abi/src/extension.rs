// SPDX-License-Identifier: MIT OR Apache-2.0
//! What our kernel has beyond seL4: invocations on a VCPU capability that reach the debug shim, and one to wait.
//!
//! A kernel without them (a real seL4, or one built with `LAZARET_VCPU_DEBUG` off) answers `IllegalOperation`
//! to the label, which is how the VMM finds out.

/// `VCPU_DebugReadRegister`: MR0 = register ([`DebugRegister`] word) -> MR0 = value.
pub const VCPU_DEBUG_READ: u64 = super::invocation::FIRST_EXTENSION;
/// `VCPU_DebugWriteRegister`: MR0 = register, MR1 = value, MR2 = flags ([`FLAG_DIRTY`]).
pub const VCPU_DEBUG_WRITE: u64 = VCPU_DEBUG_READ + 1;
/// `VCPU_DebugFlagDirty`: the bank goes on the hardware at the next resume.
pub const VCPU_DEBUG_FLAG_DIRTY: u64 = VCPU_DEBUG_READ + 2;
/// `VCPU_DebugStatus`: -> MR0.. = [`DebugStatus`] words.
pub const VCPU_DEBUG_STATUS: u64 = VCPU_DEBUG_READ + 3;
/// `VCPU_ReadFeatures`: MR0 = CRm and op2 of an ID register ([`feature_word`]) -> MR0 = the core's value.
pub const VCPU_READ_FEATURES: u64 = VCPU_DEBUG_READ + 4;
/// `VCPU_ReadState`: MR0 = [`VcpuState`] -> MR0 = value.
pub const VCPU_STATE_READ: u64 = VCPU_DEBUG_READ + 5;
/// `VCPU_WriteState`: MR0 = [`VcpuState`], MR1 = value.
pub const VCPU_STATE_WRITE: u64 = VCPU_DEBUG_READ + 6;
/// `VCPU_UnansweredFault`: -> MR0 = [`VcpuWait`], and of a thread with a fault MR1 = label, MR2.. = words of the fault
/// message, as its handler gets them. A handler that has forgotten the message asks for it again.
pub const VCPU_UNANSWERED_FAULT: u64 = VCPU_DEBUG_READ + 7;
/// `VCPU_Wait`: the vCPU's thread, stopped at a fault that it forgets, sleeps until its virtual timer would interrupt
/// (enabled, not masked, VPPI acknowledged) or until it is resumed. `IllegalOperation` for a thread that is not stopped,
/// and for one whose scheduling context is with a passive VMM. With [`VCPU_WAKE`], whoever holds the VCPU may stop and
/// start its thread.
pub const VCPU_WAIT: u64 = VCPU_DEBUG_READ + 8;
/// `VCPU_Wake`: ends that wait; of a thread that is not stopped, nothing.
pub const VCPU_WAKE: u64 = VCPU_DEBUG_READ + 9;
/// The first label that is nobody's.
pub const END: u64 = VCPU_DEBUG_READ + 10;

/// The word that names an ID register (op0 3, op1 0, CRn 0, CRm 1 to 7) in a message.
pub const fn feature_word(crm: u8, op2: u8) -> u64 {
    (crm as u64) << 3 | op2 as u64
}

/// The words of all encodings of ID registers that HCR_EL2.TID3 traps.
pub const FEATURE_WORDS: core::ops::Range<u64> = feature_word(1, 0)..feature_word(8, 0);

/// What a vCPU's thread does, as [`VCPU_UNANSWERED_FAULT`] says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum VcpuWait {
    /// It was stopped, or never started.
    Stopped = 0,
    /// It runs, or would.
    Runs = 1,
    /// Its fault message has not been received yet.
    Sends = 2,
    /// Its fault message has not been answered yet.
    Answer = 3,
    /// Nobody can answer its fault any more: the reply object was used for something else, or is gone. To stop a thread
    /// without that, suspend it.
    Lost = 4,
}

impl VcpuWait {
    /// The state of a message's word.
    pub const fn from_word(word: u64) -> Option<Self> {
        Some(match word {
            0 => Self::Stopped,
            1 => Self::Runs,
            2 => Self::Sends,
            3 => Self::Answer,
            4 => Self::Lost,
            _ => return None,
        })
    }
}

/// In MR2 of [`VCPU_DEBUG_WRITE`]: flag the state dirty as well.
pub const FLAG_DIRTY: u64 = 1;

/// A register of the bank as one word: kind in bits 15:8, index in bits 7:0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DebugRegister {
    /// `DBGBVR<n>_EL1`: breakpoint value.
    Bvr(u8),
    /// `DBGBCR<n>_EL1`: breakpoint control.
    Bcr(u8),
    /// `DBGWVR<n>_EL1`: watchpoint value.
    Wvr(u8),
    /// `DBGWCR<n>_EL1`: watchpoint control.
    Wcr(u8),
    /// `MDSCR_EL1`: monitor debug system control.
    Mdscr,
    /// `MDCCINT_EL1`: debug communications channel interrupt enable.
    Mdccint,
    /// `DBGVCR32_EL2`: vector catch of a 32-bit guest.
    Vcr32,
    /// `DBGCLAIMSET/CLR_EL1`: the claim tags.
    Claim,
    /// The virtual OS lock (`OSLSR_EL1.OSLK`), 0 or 1; it never reaches the hardware.
    OsLock,
}

impl DebugRegister {
    /// The word that names it in a message.
    pub const fn to_word(self) -> u64 {
        let (kind, index) = match self {
            Self::Bvr(n) => (0, n),
            Self::Bcr(n) => (1, n),
            Self::Wvr(n) => (2, n),
            Self::Wcr(n) => (3, n),
            Self::Mdscr => (4, 0),
            Self::Mdccint => (5, 0),
            Self::Vcr32 => (6, 0),
            Self::Claim => (7, 0),
            Self::OsLock => (8, 0),
        };
        (kind << 8) | index as u64
    }

    /// The register that a word names; indexes are checked against 16, not against what is implemented.
    pub const fn from_word(word: u64) -> Option<Self> {
        let index = (word & 0xff) as u8;
        Some(match (word >> 8, index) {
            (0, 0..16) => Self::Bvr(index),
            (1, 0..16) => Self::Bcr(index),
            (2, 0..16) => Self::Wvr(index),
            (3, 0..16) => Self::Wcr(index),
            (4, 0) => Self::Mdscr,
            (5, 0) => Self::Mdccint,
            (6, 0) => Self::Vcr32,
            (7, 0) => Self::Claim,
            (8, 0) => Self::OsLock,
            _ => return None,
        })
    }
}

/// What [`VCPU_STATE_READ`] and [`VCPU_STATE_WRITE`] reach: the width of EL1, and what only a 32-bit EL1 has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum VcpuState {
    /// [`AARCH64`] or [`AARCH32`]; any write takes the vCPU's debug registers back to their reset values. A core whose
    /// EL1 has no AArch32 answers a write of [`AARCH32`] with `RangeError`: only 0 to 0 is possible.
    Width,
    /// `DACR32_EL2`: DACR.
    Dacr,
    /// `IFSR32_EL2`: IFSR.
    Ifsr,
    /// `FPEXC32_EL2`: FPEXC.
    Fpexc,
    /// `SPSR_abt`.
    SpsrAbt,
    /// `SPSR_und`.
    SpsrUnd,
    /// `SPSR_irq`.
    SpsrIrq,
    /// `SPSR_fiq`.
    SpsrFiq,
}

/// [`VcpuState::Width`]: EL1 is AArch64, as in a fresh vCPU.
pub const AARCH64: u64 = 0;
/// [`VcpuState::Width`]: EL1 and EL0 are AArch32.
pub const AARCH32: u64 = 1;

impl VcpuState {
    /// All of them, by number.
    pub const ALL: [Self; 8] =
        [Self::Width, Self::Dacr, Self::Ifsr, Self::Fpexc, Self::SpsrAbt, Self::SpsrUnd, Self::SpsrIrq, Self::SpsrFiq];

    /// The one that a word names.
    pub const fn from_word(word: u64) -> Option<Self> {
        if word < Self::ALL.len() as u64 { Some(Self::ALL[word as usize]) } else { None }
    }
}

/// The words that [`VCPU_DEBUG_STATUS`] returns, by message-register number. Counters start at 0 with the vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum DebugStatus {
    /// 0 CLEAN, 1 PENDING, 2 LOADED, 3 EXTERNAL.
    State = 0,
    /// Breakpoints in bits 7:0, watchpoints in 15:8, context-aware breakpoints in 23:16: real counts, not minus one.
    Counts = 1,
    /// Banks put on the hardware for this vCPU.
    BankLoads = 2,
    /// Banks taken off the hardware for this vCPU.
    BankSaves = 3,
    /// Single accesses to bank registers that loads and saves were made of.
    BankAccesses = 4,
    /// Writes of MDSCR_EL1 at exits and resumes.
    MdscrWrites = 5,
    /// Exits of this vCPU to the kernel.
    Exits = 6,
}

/// How many words [`VCPU_DEBUG_STATUS`] returns.
pub const DEBUG_STATUS_WORDS: usize = 7;

/// What a kernel with `LAZARET_VCPU_FAULT_CONTEXT` says of a vCPU's exits beyond upstream's words, and the reply that
/// it takes: an exit is answered with two kernel entries instead of four, and all words travel in registers.
///
/// The value is that of the register which the syndrome names: Rt of a trapped register access or of a data abort,
/// x0 of a hypercall; 0 when there is none.
pub mod fault_context {
    use super::DebugRegister;

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
    /// The register of the reply is one of the debug bank, by its word in bits 15:0.
    pub const DEBUG_WRITE: u64 = 1 << 16;
    /// With [`DEBUG_WRITE`]: flag the state dirty as well.
    pub const DEBUG_WRITE_DIRTY: u64 = 1 << 17;

    /// A reply that does what [`super::VCPU_DEBUG_WRITE`] does; what that refuses is not written.
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

    /// The register that a syndrome names, as the messages count: 31 for none.
    #[inline(always)]
    pub const fn register(esr: u64) -> usize {
        const RT: u32 = 5;
        const SRT: u32 = 16;
        /// Data abort: the syndrome describes the instruction.
        const ISV: u64 = 1 << 24;
        let at = match esr >> 26 {
            0x24 if esr & ISV != 0 => SRT,
            0x03 | 0x05 | 0x18 => RT,
            0x12 | 0x16 => return 0,
            _ => return NO_REGISTER as usize,
        };
        (esr >> at & 31) as usize
    }
}
