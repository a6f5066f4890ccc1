// SPDX-License-Identifier: MIT OR Apache-2.0
//! The microkernel: seL4's MCS API at EL2, with an unprivileged VMM doing everything else.
#![cfg_attr(not(test), no_std)]

pub mod payload;
