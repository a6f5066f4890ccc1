// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accesses that are looked at one by one.

use super::{mcr, mrc};

type Access = fn();

/// Undefined for everybody.
pub const UNDEFINED: [(&str, Access); 9] = [
    ("trace.read", || _ = mrc!("p14, 1", "c0, c0, 0")),
    ("trace.write", || mcr!("p14, 1", "c0, c4, 0", 1)),
    ("thumbee.read", || _ = mrc!("p14, 6", "c0, c0, 0")),
    ("p14.unknown", || _ = mrc!("p14, 3", "c9, c0, 0")),
    ("dbgdidr.write", || mcr!("p14, 0", "c0, c0, 0", 1)),
    ("dbgoslar.read", || _ = mrc!("p14, 0", "c1, c0, 4")),
    ("dbgoslsr.write", || mcr!("p14, 0", "c1, c1, 4", 1)),
    ("p15.c15.read", || _ = mrc!("p15, 0", "c15, c0, 0")),
    ("p15.c15.write", || mcr!("p15, 7", "c15, c15, 7", 1)),
];

/// Defined, and without effect on another guest.
pub const DEFINED: [(&str, Access); 7] = [
    ("dbgdrar", || _ = mrc!("p14, 0", "c1, c0, 0")),
    ("dbgosdlr", || mcr!("p14, 0", "c1, c3, 4", 0)),
    ("actlr", || mcr!("p15, 0", "c1, c0, 1", 1)),
    ("dccisw", || mcr!("p15, 0", "c7, c14, 2", 0)),
    ("cntp_ctl", || _ = mrc!("p15, 0", "c14, c2, 1")),
    ("pmcr", || mcr!("p15, 0", "c9, c12, 0", 1)),
    ("id_pfr0", || _ = mrc!("p15, 0", "c0, c1, 0")),
];

/// Defined, but QEMU 10.0 has them not, or elsewhere.
pub const UNKNOWN_TO_QEMU: [(&str, Access); 11] = [
    ("dbgauthstatus", || _ = mrc!("p14, 0", "c7, c14, 6")),
    ("dbgbxvr5", || _ = mrc!("p14, 0", "c1, c5, 1")),
    ("dbgdccint", || mcr!("p14, 0", "c0, c2, 0", 0)),
    ("dbgdevid", || _ = mrc!("p14, 0", "c7, c2, 7")),
    ("dbgdtrrxext", || _ = mrc!("p14, 0", "c0, c0, 2")),
    ("dbgdtrrxint", || _ = mrc!("p14, 0", "c0, c5, 0")),
    ("dbgdtrtxext", || _ = mrc!("p14, 0", "c0, c3, 2")),
    ("dbgoseccr", || _ = mrc!("p14, 0", "c0, c6, 2")),
    ("dbgprcr", || mcr!("p14, 0", "c1, c4, 4", 0)),
    ("dbgvcr", || mcr!("p14, 0", "c0, c7, 0", 0)),
    ("dbgwfar", || _ = mrc!("p14, 0", "c0, c6, 0")),
];
