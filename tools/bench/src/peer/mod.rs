// SPDX-License-Identifier: MIT OR Apache-2.0
//! Other hypervisors with the same guest.

pub mod kvm;
pub mod xen;
