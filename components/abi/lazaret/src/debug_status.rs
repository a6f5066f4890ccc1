// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel tells of a vCPU's debug state.

/// The words that [`crate::VCPU_DEBUG_STATUS`] returns, by message-register number. Counters start at 0 with the vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum DebugStatus {
    /// 0 CLEAN, 1 PENDING, 2 LOADED, 3 EXTERNAL, wherever the bank is then.
    State = 0,
    /// Breakpoints in bits 7:0, watchpoints in 15:8, context-aware breakpoints in 23:16: real counts, not minus one. And
    /// [`ANSWERS_EXTENSIONS`].
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

/// In [`DebugStatus::Counts`]: the kernel answers [`crate::VCPU_EXTENSIONS`]. A seL4 that has nothing but the debug shim
/// leaves it clear, and need not be asked for what it would refuse with a line on the console.
pub const ANSWERS_EXTENSIONS: u64 = 1 << 31;

/// How many words [`crate::VCPU_DEBUG_STATUS`] returns.
pub const DEBUG_STATUS_WORDS: usize = 7;
