// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the shim needs of a core.

use crate::Counts;

/// A register that the shim reads or writes, by its architectural name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Register {
    /// `DBGBVR<n>_EL1`.
    Bvr(u8),
    /// `DBGBCR<n>_EL1`.
    Bcr(u8),
    /// `DBGWVR<n>_EL1`.
    Wvr(u8),
    /// `DBGWCR<n>_EL1`.
    Wcr(u8),
    /// `MDCCINT_EL1`.
    Mdccint,
    /// `DBGCLAIMSET_EL1`: write 1 to set.
    ClaimSet,
    /// `DBGCLAIMCLR_EL1`: write 1 to clear, reads the tags.
    ClaimClr,
    /// `DBGVCR32_EL2`; never touched unless the vCPU's EL1 is AArch32.
    Vcr32,
    /// `MDSCR_EL1`.
    Mdscr,
    /// `MDCR_EL2`.
    Mdcr,
    /// `OSLAR_EL1`, write only.
    Oslar,
    /// `OSDLR_EL1`.
    Osdlr,
    /// `OSDTRRX_EL1`.
    Osdtrrx,
    /// `OSDTRTX_EL1`.
    Osdtrtx,
}

/// One core's debug registers. Implemented by the crate `debug-shim-aarch64` and, in tests, by [`crate::fake`].
///
/// Never called with an index that [`Self::counts`] does not cover: at EL2 that would be undefined.
pub trait DebugHardware {
    /// How much this core has, from `ID_AA64DFR0_EL1` ([`Counts::from_id_aa64dfr0`]).
    fn counts(&self) -> Counts;
    /// `PMCR_EL0.N`; 0 on a core that has no PMU ([`has_pmu`](crate::has_pmu)).
    fn event_counters(&self) -> u8;
    /// `MRS`.
    fn read(&self, register: Register) -> u64;
    /// `MSR`.
    fn write(&self, register: Register, value: u64);
    /// `ISB`. The return to the guest is one already; the shim asks for one only inside a sequence.
    fn synchronize(&self);
}
