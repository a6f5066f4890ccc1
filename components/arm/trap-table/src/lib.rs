// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every register that traps, as a guest sees it: debug registers, ID registers, performance monitors, the physical timer
//! and what all guests of a core share, a section each. All rows are in one ordered table, and there is a handler for each kind of row.
//!
//! A trapped MSR or MRS goes through [`resolve`] (MCR and MRC: [`aarch32`]), and the [`Row`] it finds through
//! [`Row::access`], which reads and writes the vCPU's state over a [`DebugBackend`]. What is not in the table is undefined.
//!
//! # Deliberate differences from the hardware
//! | register | here | why |
//! |---|---|---|
//! | `DBGBCR<n>`, `DBGWCR<n>` | HMC and SSC read as 0 | a guest has no EL2 or Secure state to match |
//! | `MDCCSR_EL0` | TXfull reads 1 | nobody empties the channel, so a driver's probe fails at once |
//! | `DBGAUTHSTATUS_EL1` | everything implemented and disabled | no external debugger reaches a VM |
//! | `OSDLR_EL1` | ignored | the double lock is optional and not promised |
//! | `OSDTRRX_EL1`, `OSDTRTX_EL1`, `OSECCR_EL1`, and of `MDSCR_EL1` what the OS lock opens | read 0, ignored | an external debugger's, and none reaches a VM |
//! | `DBGPRCR_EL1` | read 0, ignored | a vCPU's power is the VMM's |
//! | LDC and STC of `DBGDTRTXint`, `DBGDTRRXint` | undefined | as above, and they are optional in a driver |
//! | `ACTLR_EL1`, `DC ISW`, `DC CSW`, `DC CISW` | RAZ/WI | their effect reaches other VMs |
//! | `PM*` | RAZ/WI | no performance monitors are given |
//! | `ID_*` | debug v8.0 with the core's counts, and nothing that is not switched or trapped | a promise is kept |
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod aarch32;
mod access;
mod backend;
mod counts;
mod difference;
mod documentation;
mod handler;
mod index;
mod lazy;
pub mod masks;
mod row;
mod table;

pub use access::{Access, Rights};
pub use backend::DebugBackend;
pub use counts::Counts;
pub use difference::{DIFFERENCES, Difference, Expected, Seen, Way};
pub use documentation::Documentation;
pub use handler::{AccessResult, Handler, TimerRegister};
pub use lazaret_abi::DebugRegister;
pub use lazy::Encoding;
pub use row::Row;
pub use table::{SECTIONS, TRAP_TABLE, is_reserved_feature, lookup, resolve};
