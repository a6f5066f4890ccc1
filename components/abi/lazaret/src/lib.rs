// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Lazaret's kernel offers beyond seL4's ABI, as plain data: invocations on a VCPU capability that reach the debug
//! shim and the vCPU's state, and richer fault messages.
//!
//! A kernel without them (a real seL4, or one built with `LAZARET_VCPU_DEBUG` off) answers `IllegalOperation`
//! to the label, which is how the VMM finds out.
//!
#![doc = include_str!("../extension.md")]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod console;
pub mod fault_context;
pub mod group;

mod argument;
mod debug_register;
mod debug_status;
mod interrupt;
mod page_rights;
mod row;
mod switch;
mod table;
mod vcpu_state;
mod vcpu_wait;

pub use argument::Argument;
pub use debug_register::DebugRegister;
pub use debug_status::{ANSWERS_EXTENSIONS, DEBUG_STATUS_WORDS, DebugStatus};
pub use group::Group;
pub use interrupt::{
    ALARM_EVENT, DOORBELL_ANY_VALUE, DOORBELLS, DoorbellFlags, DoorbellWidth, Injection, NO_ALARM, NO_INJECTION,
    TimerInterrupt, injection_word,
};
pub use page_rights::{LogFlags, PAGES_PER_CALL, PageAccess, PageRights};
pub use row::{Invocation, Needs, Object, Row, Word};
pub use switch::Switch;
pub use table::*;
pub use vcpu_state::{AARCH32, AARCH64, VcpuState};
pub use vcpu_wait::VcpuWait;

/// In MR2 of [`VCPU_DEBUG_WRITE`]: flag the state dirty as well.
pub const FLAG_DIRTY: u64 = 1;

/// The word that names an ID register (op0 3, op1 0, CRn 0, CRm 1 to 7) in a message.
pub const fn feature_word(crm: u8, op2: u8) -> u64 {
    (crm as u64) << 3 | op2 as u64
}

/// The words of all encodings of ID registers that HCR_EL2.TID3 traps.
pub const FEATURE_WORDS: core::ops::Range<u64> = feature_word(1, 0)..feature_word(8, 0);
