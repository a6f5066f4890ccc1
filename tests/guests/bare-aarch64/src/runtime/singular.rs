// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accesses to registers of which there is one: what must be undefined, and what must not.

use super::{mrs, msr};

type Access = (&'static str, fn());

/// Write-only and read-only registers the other way round, one of EL2's, and one that is nobody's.
pub const UNDEFINED: [Access; 5] = [
    ("oslar.read", || _ = mrs!("s2_0_c1_c0_4")),
    ("oslsr.write", || msr!("s2_0_c1_c1_4", 0)),
    ("mdrar.write", || msr!("s2_0_c1_c0_0", 0)),
    ("dbgvcr32_el2.read", || _ = mrs!("s2_4_c0_c7_0")),
    ("s2_0_c0_c7_2.read", || _ = mrs!("s2_0_c0_c7_2")),
];

/// What drivers probe, or restore after sleep.
pub const DEFINED: [Access; 8] = [
    ("mdrar.read", || _ = mrs!("mdrar_el1")),
    ("mdccsr.read", || _ = mrs!("mdccsr_el0")),
    ("mdccint.write", || msr!("mdccint_el1", 0)),
    ("osdlr.read", || _ = mrs!("osdlr_el1")),
    ("osdtrrx.read", || _ = mrs!("osdtrrx_el1")),
    ("osdtrtx.read", || _ = mrs!("osdtrtx_el1")),
    ("oseccr.read", || _ = mrs!("oseccr_el1")),
    ("dbgclaimset.read", || _ = mrs!("dbgclaimset_el1")),
];

/// The same, but QEMU does not have them, so there they are undefined with and without a hypervisor.
pub const UNKNOWN_TO_QEMU: [Access; 3] = [
    ("dbgprcr.read", || _ = mrs!("dbgprcr_el1")),
    ("dbgprcr.write", || msr!("dbgprcr_el1", 0)),
    ("dbgauthstatus.read", || _ = mrs!("dbgauthstatus_el1")),
];
