// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Lazaret's kernel offers beyond seL4's ABI, as plain data: invocations on a VCPU capability that reach the debug
//! shim and the vCPU's state, and richer fault messages.
//!
//! A kernel without them (a real seL4, or one built with `LAZARET_VCPU_DEBUG` off) answers `IllegalOperation`
//! to the label, which is how the VMM finds out.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod fault_context;

mod debug_register;
mod debug_status;
mod vcpu_state;
mod vcpu_wait;

pub use debug_register::DebugRegister;
pub use debug_status::{DEBUG_STATUS_WORDS, DebugStatus};
pub use vcpu_state::{AARCH32, AARCH64, VcpuState};
pub use vcpu_wait::VcpuWait;

/// `VCPU_DebugReadRegister`: MR0 = register ([`DebugRegister`] word) -> MR0 = value.
pub const VCPU_DEBUG_READ: u64 = sel4_abi::invocation::FIRST_EXTENSION;
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

/// In MR2 of [`VCPU_DEBUG_WRITE`]: flag the state dirty as well.
pub const FLAG_DIRTY: u64 = 1;

/// The word that names an ID register (op0 3, op1 0, CRn 0, CRm 1 to 7) in a message.
pub const fn feature_word(crm: u8, op2: u8) -> u64 {
    (crm as u64) << 3 | op2 as u64
}

/// The words of all encodings of ID registers that HCR_EL2.TID3 traps.
pub const FEATURE_WORDS: core::ops::Range<u64> = feature_word(1, 0)..feature_word(8, 0);
