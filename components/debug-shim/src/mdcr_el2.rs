// SPDX-License-Identifier: MIT OR Apache-2.0
//! `MDCR_EL2` as policy: what must be 1, what must be 0, and the two bits that follow the state.

/// Counters that EL1 may reach, bits 4:0.
pub const HPMN: u64 = 0x1f;
/// Traps `PMCR_EL0`.
pub const TPMCR: u64 = 1 << 5;
/// Traps every other `PM*` register.
pub const TPM: u64 = 1 << 6;
/// EL2's own event counters on.
pub const HPME: u64 = 1 << 7;
/// Routes debug exceptions to EL2: while the guest of an attached vCPU runs.
pub const TDE: u64 = 1 << 8;
/// Traps `DBGB*`, `DBGW*`, `MDSCR`, `MDCCINT`, `OSDTR*`, `OSECCR`, `DBGCLAIM*`, `DBGAUTHSTATUS`, `MDCCSR`, `DBGDTR*`.
pub const TDA: u64 = 1 << 9;
/// Traps `OSLAR`, `OSLSR`, `OSDLR`, `DBGPRCR`.
pub const TDOSA: u64 = 1 << 10;
/// Traps `MDRAR` (AArch32: `DBGDRAR`, `DBGDSAR`).
pub const TDRA: u64 = 1 << 11;
/// Owner of the profiling buffer: 0 is EL2, and EL1's accesses to it trap.
pub const E2PB: u64 = 3 << 12;
/// Traps `PMS*` (profiling).
pub const TPMS: u64 = 1 << 14;
/// Traps `TRFCR_EL1`.
pub const TTRF: u64 = 1 << 19;
/// Owner of the trace buffer: 0 is EL2, and EL1's accesses to it trap.
pub const E2TB: u64 = 3 << 24;

/// Set whenever a guest runs.
pub const MUST_BE_ONE: u64 = TPMCR | TPM | TDOSA | TDRA | TPMS | TTRF;
/// Clear at all times: every bit but the above, HPMN, TDA and TDE.
pub const MUST_BE_ZERO: u64 = !(MUST_BE_ONE | HPMN | TDA | TDE);

/// The register's whole value but for [`TDA`] and [`TDE`]: it is never read, changed and written back.
///
/// HPMN is all counters (`PMCR_EL0.N`), so that nothing is reserved for EL2, and 0 only where there is none.
pub const fn value(event_counters: u8) -> u64 {
    MUST_BE_ONE | (event_counters as u64 & HPMN)
}

const _: () = assert!(MUST_BE_ZERO & E2PB != 0 && MUST_BE_ZERO & E2TB != 0 && MUST_BE_ZERO & HPME != 0);
