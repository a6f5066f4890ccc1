// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an exception that reached EL2 says about itself, and what the guest should find afterwards.
//!
//! Pure: [`Esr::decode`] reads the syndrome, [`Context`] is where the guest stood, [`Context::advance`] steps over the
//! instruction, [`inject`] gives EL1 an exception of its own. Nothing here touches a register.
//!
//! Reference: Arm ARM, D24.2.38 (ESR_EL2), D1.3 (exception entry), F1.2 (condition codes), G1.12.4 (ITSTATE).
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod abort;
mod class;
mod condition;
mod context;
mod coprocessor;
mod direction;
pub mod inject;
pub mod inject32;
pub mod iss;
mod register;
mod spsr;
mod syndrome;
mod sysreg;
mod wfx;

pub use abort::{AccessSize, DataAbort, FaultStatus, InstructionAbort, Transfer};
pub use class::Class;
pub use condition::{Condition, ConditionCode, Flags};
pub use context::Context;
pub use coprocessor::{Coprocessor, CpAccess32, CpAccess64, CpMemory, CpReg, CpReg64};
pub use direction::Direction;
pub use register::Register;
pub use spsr::{Mode, Spsr};
pub use syndrome::{Esr, Syndrome};
pub use sysreg::{SysReg, SysRegAccess};
pub use wfx::{Wait, WaitKind};
